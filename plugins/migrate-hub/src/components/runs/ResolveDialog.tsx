import FormControl from '@mui/material/FormControl';
import FormControlLabel from '@mui/material/FormControlLabel';
import FormLabel from '@mui/material/FormLabel';
import Radio from '@mui/material/Radio';
import RadioGroup from '@mui/material/RadioGroup';
import Typography from '@mui/material/Typography';
import {
  Resolution,
  Run,
  RunItem,
  resolutionSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useState } from 'react';
import { useCommand } from '../../hooks/useCommand';
import { useHubClient, useIsProtected } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { ConfirmDialog } from '../ConfirmDialog';
import { RunItemDetails } from './RunItemDetails';

const doubtfulAnswers = ['redo', 'skip'] as const;
type Doubtful = (typeof doubtfulAnswers)[number];

interface ResolveDialogProps {
  run: Run;
  item: RunItem;
  onDone: () => void;
  onClose: () => void;
}

/** A person says what is true of a target whose outcome is unclear. */
export const ResolveDialog = (props: ResolveDialogProps) => {
  const { run, item, onDone, onClose } = props;
  const t = useText();
  const hub = useHubClient();
  const isProtected = useIsProtected();
  const statementIndex = item.error?.statementIndex;
  // Nothing is suggested: whoever decides has looked.
  const [resolution, setResolution] = useState<Resolution>();
  const [doubtful, setDoubtful] = useState<Doubtful>();
  const command = useCommand((answer: Resolution, reason: string) =>
    hub.call('resolveRunItem', {
      params: { id: item.id },
      body: {
        resolution: answer,
        doubtful: answer === 'resume' ? doubtful : undefined,
        reason,
      },
    }),
  );

  /** What the person has not decided yet. */
  const missing = () => {
    if (!resolution) return t('runItems.chooseResolution');
    if (resolution === 'resume' && !doubtful)
      return t('runItems.chooseDoubtful');
    return undefined;
  };

  return (
    <ConfirmDialog
      open
      title={t('runItems.resolveTitle', { target: item.target.name })}
      consequence={<RunItemDetails item={item} />}
      confirm={resolution ? t(`runItems.resolution.${resolution}`) : ''}
      missing={missing()}
      typeToConfirm={
        isProtected(run.environment) ? run.migration.key : undefined
      }
      comment={{ label: t('runItems.resolveReason'), required: true }}
      busy={command.busy}
      error={command.error}
      onConfirm={async reason => {
        if (!resolution || !reason) return;
        if (await command.run(resolution, reason)) onDone();
      }}
      onClose={onClose}
    >
      <FormControl sx={{ marginTop: 2 }}>
        <FormLabel id="resolution">{t('runItems.resolutions')}</FormLabel>
        <RadioGroup
          aria-labelledby="resolution"
          value={resolution ?? ''}
          onChange={(_, next) => setResolution(resolutionSchema.parse(next))}
        >
          {item.allowedResolutions.map(one => (
            <FormControlLabel
              key={one}
              value={one}
              control={<Radio />}
              sx={{ alignItems: 'flex-start', marginBottom: 1 }}
              label={
                <>
                  <Typography>{t(`runItems.resolution.${one}`)}</Typography>
                  <Typography variant="body2" color="text.secondary">
                    {t(`runItems.resolutionHint.${one}`)}
                  </Typography>
                </>
              }
            />
          ))}
        </RadioGroup>
      </FormControl>
      {resolution === 'resume' && (
        <FormControl sx={{ marginTop: 1 }}>
          <FormLabel id="doubtful">
            {statementIndex === undefined
              ? t('runItems.doubtful')
              : t('runItems.doubtfulStatement', {
                  statement: String(statementIndex + 1),
                })}
          </FormLabel>
          <RadioGroup
            aria-labelledby="doubtful"
            value={doubtful ?? ''}
            onChange={(_, next) =>
              setDoubtful(doubtfulAnswers.find(one => one === next))
            }
          >
            {doubtfulAnswers.map(one => (
              <FormControlLabel
                key={one}
                value={one}
                control={<Radio />}
                label={t(`runItems.doubtful.${one}`)}
              />
            ))}
          </RadioGroup>
        </FormControl>
      )}
    </ConfirmDialog>
  );
};
