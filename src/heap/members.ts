/**
 * The names of members that are the package's own. They are symbols, so that a subclass may call its fields and methods
 * what it likes: Python's tutorials write `self.id = id`, and a queue of somebody's may well have a method `send`.
 *
 * Registered ones, because two copies of the package in one thread handle each other's objects.
 */
export const HEAP: unique symbol = Symbol.for('nogil.heap of') as never;
export const PTR: unique symbol = Symbol.for('nogil.ptr') as never;
export const OPEN: unique symbol = Symbol.for('nogil.open') as never;
export const CLOSED_ERROR: unique symbol = Symbol.for('nogil.closed error') as never;
export const FLAVOUR: unique symbol = Symbol.for('nogil.flavour') as never;
export const FORM: unique symbol = Symbol.for('nogil.form') as never;
export const PUT_ITEM: unique symbol = Symbol.for('nogil.put item') as never;
export const PUT_ERROR: unique symbol = Symbol.for('nogil.put error') as never;
export const MAKE: unique symbol = Symbol.for('nogil.make') as never;
export const PLAIN: unique symbol = Symbol.for('nogil.plain') as never;
export const REENTRANT: unique symbol = Symbol.for('nogil.reentrant') as never;
export const GUARD: unique symbol = Symbol.for('nogil.guard') as never;
export const LIMIT_FOR: unique symbol = Symbol.for('nogil.limit for') as never;
export const PLACE: unique symbol = Symbol.for('nogil.place') as never;
export const RAW: unique symbol = Symbol.for('nogil.raw') as never;
export const MUTEX: unique symbol = Symbol.for('nogil.mutex') as never;
export const TAKE: unique symbol = Symbol.for('nogil.take') as never;
export const TAKE_FOREVER: unique symbol = Symbol.for('nogil.take forever') as never;
export const TRY_OR_MARK: unique symbol = Symbol.for('nogil.try or mark') as never;
export const GIVE: unique symbol = Symbol.for('nogil.give') as never;
export const TAKE_WATCHED: unique symbol = Symbol.for('nogil.take watched') as never;
export const ACQUIRED: unique symbol = Symbol.for('nogil.acquired') as never;
export const BROKEN_ERROR: unique symbol = Symbol.for('nogil.broken error') as never;
export const RELEASE_ERROR: unique symbol = Symbol.for('nogil.release error') as never;
export const TYPECODE: unique symbol = Symbol.for('nogil.typecode') as never;
export const NUMBERS: unique symbol = Symbol.for('nogil.numbers') as never;
export const AGAIN: unique symbol = Symbol.for('nogil.again') as never;
export const NOUN: unique symbol = Symbol.for('nogil.noun') as never;
export const OWN_PROCESS: unique symbol = Symbol.for('nogil.own process') as never;
export const RECORD_OF: unique symbol = Symbol.for('nogil.worker record') as never;
export const CHECK_NAME: unique symbol = Symbol.for('nogil.check name') as never;
export const ADOPT: unique symbol = Symbol.for('nogil.adopt') as never;
export const EQUIP: unique symbol = Symbol.for('nogil.equip') as never;
export const CHECK_START: unique symbol = Symbol.for('nogil.check start') as never;
