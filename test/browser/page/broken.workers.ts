/** As a module of a page that touches the document, which no worker has. */
document.title = 'only in a page';

export default function never(): void {}
