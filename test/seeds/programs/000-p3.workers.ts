/** 000-P3: a thread from a class. */
import { main, Thread } from 'nogil';

export class Sayhi extends Thread {
  constructor(name: string) {
    super();
    this.name = name;
  }

  override run(): void {
    console.log(`${this.name} say hello`);
  }
}

main(import.meta, () => {
  const t = new Sayhi('egon');
  t.start();
  console.log('主线程', t.name);
});
