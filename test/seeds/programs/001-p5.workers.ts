/** 001-P5: a daemonic process of a class ends with the program. */
import { Event, main, Process, sleep } from 'nogil';

export class Piao extends Process {
  /**
   * Beyond the tutorial: tells that it has begun, so that what ends is a process in the middle of its work.
   */
  readonly begun: Event;

  constructor(name: string, begun: Event) {
    // The tutorial sets the name before this call. There is no `this` before it here; and in Python the call
    // overwrites the name.
    super();
    this.name = name;
    this.begun = begun;
  }

  override run(): void {
    console.log(`${this.name} is piaoing`);
    this.begun.set();
    sleep(1000);
    console.log(`${this.name} is piao end`);
  }
}

main(import.meta, () => {
  const begun = new Event();
  const p = new Piao('egon', begun);
  p.daemon = true;
  p.start();
  begun.wait(60);
  console.log('主');
});
