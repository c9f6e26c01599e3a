import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { lintGutter, setDiagnostics } from '@codemirror/lint';
import { searchKeymap } from '@codemirror/search';
import { Compartment, EditorState } from '@codemirror/state';
import {
  EditorView,
  drawSelection,
  highlightActiveLine,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import Box from '@mui/material/Box';
import {
  Engine,
  SqlProblem,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useEffect, useRef } from 'react';
import { sqlLanguage, useEditorTheme } from './extensions';

export interface SqlEditorProps {
  /** For screen readers and tests. */
  label: string;
  value: string;
  onChange: (value: string) => void;
  engine?: Engine;
  /** Marked at their line. */
  problems?: SqlProblem[];
  minHeight?: number;
}

export default function SqlEditor(props: SqlEditorProps) {
  const { label, value, onChange, engine, problems, minHeight = 180 } = props;
  const parent = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>();
  const parts = useRef({
    language: new Compartment(),
    theme: new Compartment(),
  });
  const theme = useEditorTheme();
  const latest = useRef({ value, onChange, engine, theme });
  latest.current = { value, onChange, engine, theme };

  useEffect(() => {
    if (!parent.current) return undefined;
    const now = latest.current;
    const editor = new EditorView({
      parent: parent.current,
      state: EditorState.create({
        doc: now.value,
        extensions: [
          lineNumbers(),
          lintGutter(),
          history(),
          drawSelection(),
          highlightActiveLine(),
          EditorView.lineWrapping,
          // Tab leaves the editor: the keyboard must not be trapped in it.
          keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap]),
          EditorView.contentAttributes.of({
            'aria-label': label,
            spellcheck: 'false',
          }),
          parts.current.language.of(sqlLanguage(now.engine, now.value.length)),
          parts.current.theme.of(now.theme),
          EditorView.updateListener.of(update => {
            if (update.docChanged) {
              latest.current.onChange(update.state.doc.toString());
            }
          }),
        ],
      }),
    });
    view.current = editor;
    return () => {
      editor.destroy();
      view.current = undefined;
    };
  }, [label]);

  // The text was set from outside: a file was read, or the other side of a conflict taken.
  useEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === value) return;
    editor.dispatch({
      changes: { from: 0, to: editor.state.doc.length, insert: value },
    });
  }, [value]);

  useEffect(() => {
    const { language, theme: themePart } = parts.current;
    view.current?.dispatch({
      effects: [
        language.reconfigure(sqlLanguage(engine, latest.current.value.length)),
        themePart.reconfigure(theme),
      ],
    });
  }, [engine, theme]);

  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const { doc } = editor.state;
    const diagnostics = (problems ?? []).map(problem => {
      const line = doc.line(Math.min(Math.max(1, problem.line), doc.lines));
      return {
        from: line.from,
        to: line.to,
        severity: problem.severity,
        message: problem.message,
      };
    });
    diagnostics.sort((a, b) => a.from - b.from);
    editor.dispatch(setDiagnostics(editor.state, diagnostics));
  }, [problems]);

  return (
    <Box
      ref={parent}
      sx={{ '& .cm-editor': { minHeight, maxHeight: '60vh' } }}
    />
  );
}
