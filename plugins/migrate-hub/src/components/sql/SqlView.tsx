import { searchKeymap } from '@codemirror/search';
import { EditorState } from '@codemirror/state';
import { EditorView, keymap } from '@codemirror/view';
import Box from '@mui/material/Box';
import { Engine } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useEffect, useRef } from 'react';
import { readOnly, sqlLanguage, useEditorTheme } from './extensions';

export interface SqlViewProps {
  /** For screen readers: which SQL this is. */
  label: string;
  sql: string;
  engine?: Engine;
  /** In pixels; longer SQL scrolls. */
  maxHeight?: number;
}

export default function SqlView(props: SqlViewProps) {
  const { label, sql, engine, maxHeight = 420 } = props;
  const parent = useRef<HTMLDivElement>(null);
  const theme = useEditorTheme();

  useEffect(() => {
    if (!parent.current) return undefined;
    const view = new EditorView({
      parent: parent.current,
      state: EditorState.create({
        doc: sql,
        extensions: [
          readOnly,
          keymap.of(searchKeymap),
          sqlLanguage(engine, sql.length),
          EditorView.contentAttributes.of({
            'aria-label': label,
            'aria-readonly': 'true',
            tabindex: '0',
          }),
          theme,
        ],
      }),
    });
    return () => view.destroy();
  }, [sql, engine, label, theme]);

  return <Box ref={parent} sx={{ '& .cm-editor': { maxHeight } }} />;
}
