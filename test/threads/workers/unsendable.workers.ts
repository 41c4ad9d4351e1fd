/** As HTTP clients throw: with the request, its functions and all. */
export function request(): never {
  const cause = Object.assign(new RangeError('the socket'), { retry: () => {} });
  const error = new TypeError('ECONNREFUSED', { cause });
  throw Object.assign(error, { code: 'ECONNREFUSED', status: 503, config: { transform: [() => {}] } });
}

export class Client {
  get(): never {
    // A class is sent by its source: it uses nothing from outside.
    const request = () => {
      const cause = Object.assign(new RangeError('the socket'), { retry: () => {} });
      const error = new TypeError('ECONNREFUSED', { cause });
      throw Object.assign(error, { code: 'ECONNREFUSED', status: 503, config: { transform: [() => {}] } });
    };
    return request();
  }
}

/** A result, an error and a result, the latter two of which cannot be sent. */
export function some3(item: number): unknown {
  if (item === 1) return item;
  if (item === 3) return () => item;
  const cause = Object.assign(new RangeError('the socket'), { retry: () => {} });
  const request = () => {
    const error = new TypeError('ECONNREFUSED', { cause });
    throw Object.assign(error, { code: 'ECONNREFUSED', status: 503, config: { transform: [() => {}] } });
  };
  return request();
}
