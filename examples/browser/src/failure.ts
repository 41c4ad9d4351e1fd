/** What a visitor reads when the page cannot do what it is for. */
export function fail(error: unknown): void {
  const failure = document.getElementById('failure') as HTMLElement;
  const text = error instanceof Error ? error.message : String(error);
  failure.hidden = false;
  failure.append(Object.assign(document.createElement('p'), { textContent: text }));
}

/** Also of what nobody waits for: a worker's script that cannot be fetched, say. */
export function showFailures(): void {
  addEventListener('error', ({ error, message }) => fail(error ?? message));
  addEventListener('unhandledrejection', ({ reason }) => fail(reason));
  if (!globalThis.isSecureContext)
    fail(
      'This page was not opened securely, so its browser gives it no shared memory. Open it as http://localhost, or over https: ' +
        'of a phone, forward the port (adb reverse tcp:5173 tcp:5173).',
    );
  else if (!globalThis.crossOriginIsolated)
    fail(
      'This page is not isolated from other origins, so its browser gives it no shared memory. Its server has to send ' +
        'Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.',
    );
}
