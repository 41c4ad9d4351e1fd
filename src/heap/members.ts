/**
 * The names of members that are the package's own. Not words that anybody would write: a subclass may call
 * its fields and methods what it likes. Python's tutorials write `self.id = id`, and a queue of somebody's
 * may well have a method `send`.
 *
 * Texts and not symbols: two copies of the package in one thread handle each other's objects, and the engine
 * forgets how to reach a member by a symbol once five classes share the code that does, which costs each call
 * 8 ns (decision 052). A `const enum`, so that the build writes the names out.
 */
export const enum Member {
  HEAP = '~heapOf',
  PTR = '~ptr',
  OPEN = '~open',
  CLOSED_ERROR = '~closedError',
  FLAVOUR = '~flavour',
  FORM = '~form',
  PUT_ITEM = '~putItem',
  PUT_ERROR = '~putError',
  GET_ERROR = '~getError',
  TO_MS = '~toMs',
  WRITES_TO = '~writesTo',
  READS_FROM = '~readsFrom',
  COMMIT = '~commit',
  LEND = '~lend',
  AWAIT_ITEM = '~awaitItem',
  LOAN = '~loan',
  PAYLOAD = '~payload',
  LENGTH = '~length',
  VIEW = '~view',
  LENDER = '~lender',
  GET_INTO = '~getInto',
  MAKE = '~make',
  REENTRANT = '~reentrant',
  GUARD = '~guard',
  LIMIT_FOR = '~limitFor',
  PLACE = '~place',
  RAW = '~raw',
  MUTEX = '~mutex',
  TAKE = '~take',
  TAKE_FOREVER = '~takeForever',
  TRY_OR_MARK = '~tryOrMark',
  GIVE = '~give',
  TAKE_WATCHED = '~takeWatched',
  ACQUIRED = '~acquired',
  BROKEN_ERROR = '~brokenError',
  RELEASE_ERROR = '~releaseError',
  TYPECODE = '~typecode',
  NUMBERS = '~numbers',
  AGAIN = '~again',
  NOUN = '~noun',
  OWN_PROCESS = '~ownProcess',
  RECORD_OF = '~workerRecord',
  CHECK_NAME = '~checkName',
  ADOPT = '~adopt',
  EQUIP = '~equip',
  CHECK_START = '~checkStart',
  METHOD = '~method',
  SPAWNED = '~spawned',
}
