import { MergeView, unifiedMergeView } from '@codemirror/merge';
import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import useMediaQuery from '@mui/material/useMediaQuery';
import { Theme } from '@mui/material/styles';
import { Engine } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useEffect, useRef } from 'react';
import { useText } from '../../hooks/useText';
import { readOnly, sqlLanguage, useEditorTheme } from './extensions';

export interface SqlDiffProps {
  before: string;
  after: string;
  /** What stands above each side: "version 2". */
  beforeLabel: string;
  afterLabel: string;
  engine?: Engine;
  maxHeight?: number;
}

/** Lines around a change that stay in sight. */
const collapse = { margin: 3, minSize: 6 };

export default function SqlDiff(props: SqlDiffProps) {
  const { before, after, beforeLabel, afterLabel, engine } = props;
  const { maxHeight = 480 } = props;
  const t = useText();
  const parent = useRef<HTMLDivElement>(null);
  const theme = useEditorTheme();
  const wide = useMediaQuery<Theme>(({ breakpoints }) => breakpoints.up('md'));

  useEffect(() => {
    if (!parent.current || before === after) return undefined;
    const extensions = (label: string) => [
      readOnly,
      sqlLanguage(engine, before.length + after.length),
      EditorView.contentAttributes.of({
        'aria-label': label,
        'aria-readonly': 'true',
        tabindex: '0',
      }),
      theme,
    ];
    if (wide) {
      const view = new MergeView({
        parent: parent.current,
        a: { doc: before, extensions: extensions(beforeLabel) },
        b: { doc: after, extensions: extensions(afterLabel) },
        collapseUnchanged: collapse,
      });
      return () => view.destroy();
    }
    const view = new EditorView({
      parent: parent.current,
      state: EditorState.create({
        doc: after,
        extensions: [
          ...extensions(afterLabel),
          unifiedMergeView({
            original: before,
            mergeControls: false,
            collapseUnchanged: collapse,
          }),
        ],
      }),
    });
    return () => view.destroy();
  }, [before, after, beforeLabel, afterLabel, engine, wide, theme]);

  if (before === after) return <Typography>{t('sql.same')}</Typography>;
  return (
    <Box>
      <Box
        aria-hidden
        sx={{
          display: 'grid',
          gridTemplateColumns: wide ? '1fr 1fr' : '1fr',
          fontSize: '0.8125rem',
          color: 'text.secondary',
          marginBottom: 0.5,
        }}
      >
        <span>{wide ? beforeLabel : `${beforeLabel} → ${afterLabel}`}</span>
        {wide && <span>{afterLabel}</span>}
      </Box>
      <Box
        ref={parent}
        sx={{
          '& .cm-mergeView': { maxHeight, overflowY: 'auto' },
          '& > .cm-editor': { maxHeight },
        }}
      />
    </Box>
  );
}
