import { MySQL, PostgreSQL, StandardSQL, sql } from '@codemirror/lang-sql';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorState, Extension } from '@codemirror/state';
import { EditorView, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useTheme } from '@mui/material/styles';
import { Engine } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useMemo } from 'react';

/** Beyond this, colours cost more than they tell, and the page would stutter. */
const HIGHLIGHT_UP_TO = 2_000_000;

const dialects = { postgres: PostgreSQL, mysql: MySQL };

/** The SQL of this engine in colours. */
export const sqlLanguage = (
  engine: Engine | undefined,
  length: number,
): Extension =>
  length > HIGHLIGHT_UP_TO
    ? []
    : sql({ dialect: engine ? dialects[engine] : StandardSQL });

/** For reading: selectable and searchable, with no cursor of an editor. */
export const readOnly: Extension = [
  EditorState.readOnly.of(true),
  EditorView.editable.of(false),
  lineNumbers(),
  EditorView.lineWrapping,
];

interface Colours {
  text: string;
  background: string;
  gutter: string;
  border: string;
  line: string;
  selection: string;
  keyword: string;
  string: string;
  number: string;
  comment: string;
}

/** At least 4.5:1 on their background. */
const colours: Record<'light' | 'dark', Colours> = {
  light: {
    text: '#1f2328',
    background: '#fbfbfb',
    gutter: '#66707b',
    border: '#d8dee4',
    line: '#f0f4f8',
    selection: '#cfe3fb',
    keyword: '#0550ae',
    string: '#0a6640',
    number: '#8a4600',
    comment: '#5f6670',
  },
  dark: {
    text: '#e6e6e6',
    background: '#2b2b2b',
    gutter: '#a8a8a8',
    border: '#5a5a5a',
    line: '#333a41',
    selection: '#3d5875',
    keyword: '#9cc9ff',
    string: '#9fdba6',
    number: '#ffc58a',
    comment: '#b3b3b3',
  },
};

function themeOf(mode: 'light' | 'dark'): Extension {
  const c = colours[mode];
  return [
    EditorView.theme(
      {
        '&': {
          color: c.text,
          backgroundColor: c.background,
          border: `1px solid ${c.border}`,
          borderRadius: '4px',
          fontSize: '0.8125rem',
        },
        '&.cm-focused': { outline: `2px solid ${c.keyword}` },
        '.cm-content': {
          caretColor: c.text,
          fontFamily:
            'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
        },
        '.cm-scroller': { lineHeight: 1.6 },
        '.cm-gutters': {
          color: c.gutter,
          backgroundColor: c.background,
          borderRight: `1px solid ${c.border}`,
        },
        '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: c.line },
        '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground':
          { backgroundColor: c.selection },
        '.cm-cursor': { borderLeftColor: c.text },
        '.cm-tooltip, .cm-panels': {
          color: c.text,
          backgroundColor: c.background,
          borderColor: c.border,
        },
        '.cm-placeholder': { color: c.gutter },
      },
      { dark: mode === 'dark' },
    ),
    syntaxHighlighting(
      HighlightStyle.define([
        { tag: tags.keyword, color: c.keyword },
        { tag: [tags.string, tags.special(tags.string)], color: c.string },
        { tag: [tags.number, tags.bool, tags.null], color: c.number },
        {
          tag: [tags.lineComment, tags.blockComment],
          color: c.comment,
          fontStyle: 'italic',
        },
        { tag: tags.typeName, color: c.keyword },
      ]),
    ),
  ];
}

/** The look of the portal's theme. */
export function useEditorTheme(): Extension {
  const { mode } = useTheme().palette;
  return useMemo(() => themeOf(mode), [mode]);
}
