import Alert from '@mui/material/Alert';
import Badge from '@mui/material/Badge';
import Stack from '@mui/material/Stack';
import ToggleButton from '@mui/material/ToggleButton';
import ToggleButtonGroup from '@mui/material/ToggleButtonGroup';
import Typography from '@mui/material/Typography';
import {
  Environment,
  EnvironmentSettings,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { ReactNode, useCallback, useState } from 'react';
import { useFilters } from '../../hooks/useFilters';
import { useHub, useHubClient } from '../../hooks/useHub';
import { useLoad } from '../../hooks/useLoad';
import { useText } from '../../hooks/useText';
import { ActionButton } from '../ActionButton';
import { EnvironmentName } from '../EnvironmentName';
import { OpeningNote } from '../OpeningNote';
import { RelativeTime } from '../RelativeTime';
import { Loaded, Panel } from '../Section';
import { PolicyForm } from './PolicyForm';
import { PolicyHistory } from './PolicyHistory';
import { PolicyProposal } from './PolicyProposal';
import { PolicyRules } from './PolicyRules';

const CHOICE = ['policy'] as const;

const Provenance = ({ settings }: { settings: EnvironmentSettings }) => {
  const t = useText();
  const { updatedBy, updatedAt } = settings;
  return (
    <Typography variant="body2" color="text.secondary">
      {updatedBy && updatedAt ? (
        <>
          {t('policy.setBy', { name: updatedBy.name })}{' '}
          <RelativeTime at={updatedAt} />.
        </>
      ) : (
        t('policy.configured')
      )}
      {settings.protected && ` ${t('policy.protected')}`}
    </Typography>
  );
};

interface PolicyProps {
  environment: Environment;
  settings?: EnvironmentSettings;
  aside?: ReactNode;
}

/** A policy to read, with what an admin knows about it. */
const Policy = ({ environment, settings, aside }: PolicyProps) => {
  const t = useText();
  const { name, rules, policy } = environment;
  return (
    <Panel title={t('policyForm.title', { name })} aside={aside}>
      <Stack spacing={2}>
        {settings?.unproved && (
          <Alert severity="error">{t('policy.unproved')}</Alert>
        )}
        {policy.selfApproval && (
          <Alert severity="warning">{t('policy.selfApprovalOn')}</Alert>
        )}
        <OpeningNote environment={environment} />
        <PolicyRules
          rules={rules}
          selfApproval={policy.selfApproval}
          floor={settings?.floorRules}
        />
        {settings && <Provenance settings={settings} />}
      </Stack>
    </Panel>
  );
};

interface AdminPolicyProps {
  settings: EnvironmentSettings;
  onEdit: () => void;
  onChanged: () => void;
}

const AdminPolicy = ({ settings, onEdit, onChanged }: AdminPolicyProps) => {
  const t = useText();
  const { name, revision } = settings;
  return (
    <>
      <PolicyProposal settings={settings} onChanged={onChanged} />
      <Policy
        environment={settings}
        settings={settings}
        aside={
          <ActionButton
            action="edit"
            of={settings}
            size="small"
            variant="outlined"
            onClick={onEdit}
          >
            {t('policy.edit', { name })}
          </ActionButton>
        }
      />
      <PolicyHistory key={`${name} ${revision}`} name={name} />
    </>
  );
};

/** The policies with all that admins see. */
const AdminPolicies = () => {
  const hub = useHubClient();
  const { environments, reload } = useHub();
  const load = useLoad(
    useCallback(
      signal =>
        Promise.all(
          environments.map(({ name }) =>
            hub.call('getEnvironmentSettings', { params: { name }, signal }),
          ),
        ),
      [hub, environments],
    ),
  );
  const [editing, setEditing] = useState<string>();
  function changed() {
    load.reload();
    reload();
  }
  // Nothing else to be chosen meanwhile: what is typed would be gone.
  const edited = load.value?.find(({ name }) => name === editing);
  if (edited) {
    return (
      <PolicyForm
        settings={edited}
        onSaved={() => {
          setEditing(undefined);
          changed();
        }}
        onStale={changed}
        onClose={() => setEditing(undefined)}
      />
    );
  }
  return (
    <Loaded load={load}>
      {settings => (
        <Choice
          environments={settings}
          waiting={settings
            .filter(({ proposal }) => proposal)
            .map(({ name }) => name)}
        >
          {chosen => (
            <AdminPolicy
              key={chosen.name}
              settings={chosen}
              onEdit={() => setEditing(chosen.name)}
              onChanged={changed}
            />
          )}
        </Choice>
      )}
    </Loaded>
  );
};

interface ChoiceProps<E> {
  environments: E[];
  /** Names of those of which a change waits. */
  waiting?: string[];
  children: (chosen: E) => ReactNode;
}

/** One environment after another: the first of which a change waits, if any. */
function Choice<E extends { name: string }>(props: ChoiceProps<E>) {
  const { environments, waiting = [], children } = props;
  const t = useText();
  const { values, set } = useFilters(CHOICE);
  const named = (name: string | undefined) =>
    environments.find(one => one.name === name);
  const chosen = named(values.policy) ?? named(waiting[0]) ?? environments[0];
  return (
    <Stack spacing={2}>
      <Typography variant="body2" color="text.secondary" maxWidth="80ch">
        {t('policy.hint')}
      </Typography>
      <ToggleButtonGroup
        exclusive
        size="small"
        aria-label={t('policy.environments')}
        value={chosen?.name}
        onChange={(_, policy) => policy && set({ policy })}
      >
        {environments.map(({ name }) => (
          <ToggleButton key={name} value={name}>
            <Badge
              color="warning"
              variant="dot"
              invisible={!waiting.includes(name)}
            >
              <EnvironmentName name={name} />
            </Badge>
            {waiting.includes(name) && <>&nbsp;· {t('policy.proposed')}</>}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
      {chosen && children(chosen)}
    </Stack>
  );
}

/** The rules of each environment: for everybody to read, for admins to change. */
export const Policies = () => {
  const { me, environments } = useHub();
  if (me.allowedActions.includes('administer')) return <AdminPolicies />;
  return (
    <Choice environments={environments}>
      {chosen => <Policy environment={chosen} />}
    </Choice>
  );
};
