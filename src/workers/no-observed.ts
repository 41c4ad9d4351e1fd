/** In place of observed.ts in browsers, which have no channels to tell anybody by. */
export function tellOfWorker(_heap: object, _recordOf: () => object): void {}
