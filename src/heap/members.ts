/**
 * The names of members that are the package's own. They are symbols, so that a subclass may call its fields
 * and methods what it likes: Python's tutorials write `self.id = id`, and a queue of somebody's may well have
 * a method `send`.
 *
 * Registered ones, because two copies of the package in one thread handle each other's objects.
 */
export const HEAP: unique symbol = /* @__PURE__ */ Symbol.for('nogil.heap of') as never;
export const PTR: unique symbol = /* @__PURE__ */ Symbol.for('nogil.ptr') as never;
export const OPEN: unique symbol = /* @__PURE__ */ Symbol.for('nogil.open') as never;
export const CLOSED_ERROR: unique symbol = /* @__PURE__ */ Symbol.for('nogil.closed error') as never;
export const FLAVOUR: unique symbol = /* @__PURE__ */ Symbol.for('nogil.flavour') as never;
export const FORM: unique symbol = /* @__PURE__ */ Symbol.for('nogil.form') as never;
export const PUT_ITEM: unique symbol = /* @__PURE__ */ Symbol.for('nogil.put item') as never;
export const PUT_ERROR: unique symbol = /* @__PURE__ */ Symbol.for('nogil.put error') as never;
export const MAKE: unique symbol = /* @__PURE__ */ Symbol.for('nogil.make') as never;
export const PLAIN: unique symbol = /* @__PURE__ */ Symbol.for('nogil.plain') as never;
export const REENTRANT: unique symbol = /* @__PURE__ */ Symbol.for('nogil.reentrant') as never;
export const GUARD: unique symbol = /* @__PURE__ */ Symbol.for('nogil.guard') as never;
export const LIMIT_FOR: unique symbol = /* @__PURE__ */ Symbol.for('nogil.limit for') as never;
export const PLACE: unique symbol = /* @__PURE__ */ Symbol.for('nogil.place') as never;
export const RAW: unique symbol = /* @__PURE__ */ Symbol.for('nogil.raw') as never;
export const MUTEX: unique symbol = /* @__PURE__ */ Symbol.for('nogil.mutex') as never;
export const TAKE: unique symbol = /* @__PURE__ */ Symbol.for('nogil.take') as never;
export const TAKE_FOREVER: unique symbol = /* @__PURE__ */ Symbol.for('nogil.take forever') as never;
export const TRY_OR_MARK: unique symbol = /* @__PURE__ */ Symbol.for('nogil.try or mark') as never;
export const GIVE: unique symbol = /* @__PURE__ */ Symbol.for('nogil.give') as never;
export const TAKE_WATCHED: unique symbol = /* @__PURE__ */ Symbol.for('nogil.take watched') as never;
export const ACQUIRED: unique symbol = /* @__PURE__ */ Symbol.for('nogil.acquired') as never;
export const BROKEN_ERROR: unique symbol = /* @__PURE__ */ Symbol.for('nogil.broken error') as never;
export const RELEASE_ERROR: unique symbol = /* @__PURE__ */ Symbol.for('nogil.release error') as never;
export const TYPECODE: unique symbol = /* @__PURE__ */ Symbol.for('nogil.typecode') as never;
export const NUMBERS: unique symbol = /* @__PURE__ */ Symbol.for('nogil.numbers') as never;
export const AGAIN: unique symbol = /* @__PURE__ */ Symbol.for('nogil.again') as never;
export const NOUN: unique symbol = /* @__PURE__ */ Symbol.for('nogil.noun') as never;
export const OWN_PROCESS: unique symbol = /* @__PURE__ */ Symbol.for('nogil.own process') as never;
export const RECORD_OF: unique symbol = /* @__PURE__ */ Symbol.for('nogil.worker record') as never;
export const CHECK_NAME: unique symbol = /* @__PURE__ */ Symbol.for('nogil.check name') as never;
export const ADOPT: unique symbol = /* @__PURE__ */ Symbol.for('nogil.adopt') as never;
export const EQUIP: unique symbol = /* @__PURE__ */ Symbol.for('nogil.equip') as never;
export const CHECK_START: unique symbol = /* @__PURE__ */ Symbol.for('nogil.check start') as never;
