/**
 * A plugin for TypeDoc: a guide is called as its first heading says, and not as its file. That of the README is
 * on its page already.
 */
import { Converter } from 'typedoc';

const HEADING = /^# (.*)\n/;

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document) => {
    const [first] = document.content;
    const [, title] = HEADING.exec(first?.text ?? '') ?? [];
    if (title !== undefined) document.name = title;
  });
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    const [first] = project.readme ?? [];
    if (first) first.text = first.text.replace(HEADING, '');
  });
}
