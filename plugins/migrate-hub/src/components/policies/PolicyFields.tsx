import Box from '@mui/material/Box';
import Checkbox from '@mui/material/Checkbox';
import FormControl from '@mui/material/FormControl';
import FormControlLabel from '@mui/material/FormControlLabel';
import FormGroup from '@mui/material/FormGroup';
import FormHelperText from '@mui/material/FormHelperText';
import FormLabel from '@mui/material/FormLabel';
import MenuItem from '@mui/material/MenuItem';
import Stack from '@mui/material/Stack';
import Switch from '@mui/material/Switch';
import TextField from '@mui/material/TextField';
import {
  PolicyField,
  Role,
  roleSchema,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { ReactNode } from 'react';
import { useHub } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { Panel } from '../Section';
import { CanaryFields } from './CanaryFields';
import { FreezesField } from './FreezesField';
import {
  NumberField,
  PolicyDraft,
  RoleField,
  numberFields,
  roleFields,
} from './policyDraft';
import { PolicyErrors } from './usePolicyErrors';
import { WindowsField } from './WindowsField';

/** What each part of the form is given. */
export interface PolicyFieldsProps {
  environment: string;
  draft: PolicyDraft;
  errors: PolicyErrors;
  /** What the configuration asks at least, in words, by rule. */
  floor: (field: PolicyField) => string | undefined;
  onChange: (changes: Partial<PolicyDraft>) => void;
}

/** Approving and resolving is for those only who do not request for a living. */
const offeredRoles: Record<RoleField, readonly Role[]> = {
  requestRoles: roleSchema.options,
  approveRoles: ['manager', 'admin'],
  executeRoles: roleSchema.options,
  resolveRoles: ['manager', 'admin'],
};

const Roles = (props: PolicyFieldsProps & { name: RoleField }) => {
  const { name, draft, errors, floor, onChange } = props;
  const t = useText();
  const id = `policy-${name}`;
  const error = errors[name];
  const hint = error ?? floor(name);
  return (
    <FormControl
      component="fieldset"
      error={error !== undefined}
      aria-describedby={hint && id}
    >
      <FormLabel component="legend">{t(`policy.${name}`)}</FormLabel>
      <FormGroup row>
        {offeredRoles[name].map(role => (
          <FormControlLabel
            key={role}
            label={t(`users.role.${role}`)}
            control={
              <Checkbox
                size="small"
                checked={draft[name].includes(role)}
                onChange={(_, on) =>
                  onChange({
                    [name]: offeredRoles[name].filter(one =>
                      one === role ? on : draft[name].includes(one),
                    ),
                  })
                }
              />
            }
          />
        ))}
      </FormGroup>
      {hint && (
        <FormHelperText id={id} sx={{ marginX: 0 }}>
          {hint}
        </FormHelperText>
      )}
    </FormControl>
  );
};

const unlimited: Partial<Record<NumberField, 'noLimit' | 'noStop'>> = {
  approvalValidHours: 'noLimit',
  stopAfterFailures: 'noStop',
};

const NumberInput = (props: PolicyFieldsProps & { name: NumberField }) => {
  const { name, draft, errors, floor, onChange } = props;
  const t = useText();
  const without = unlimited[name];
  const hints = [floor(name), without && t(`policyForm.${without}`)];
  return (
    <TextField
      size="small"
      type="number"
      label={t(`policyForm.${name}`)}
      value={draft[name]}
      onChange={event => onChange({ [name]: event.target.value })}
      required={!without}
      error={errors[name] !== undefined}
      helperText={errors[name] ?? hints.filter(Boolean).join(' ')}
      inputProps={{ min: 1 }}
    />
  );
};

const Pair = ({ children }: { children: ReactNode }) => (
  <Box
    sx={{
      display: 'grid',
      gridTemplateColumns: 'repeat(auto-fit, minmax(300px, 1fr))',
      gap: 2,
      alignItems: 'start',
    }}
  >
    {children}
  </Box>
);

const Approval = (props: PolicyFieldsProps) => {
  const { environment, draft, errors, floor, onChange } = props;
  const t = useText();
  const { environments } = useHub();
  const names = environments.map(({ name }) => name);
  const before = names.slice(0, names.indexOf(environment));
  const { requireSuccessIn } = draft;
  return (
    <Stack spacing={2}>
      <Pair>
        <NumberInput {...props} name="approvalsRequired" />
        <NumberInput {...props} name="approvalValidHours" />
      </Pair>
      <div>
        <FormControlLabel
          label={t('policyForm.selfApproval')}
          control={
            <Switch
              checked={draft.selfApproval}
              color="error"
              onChange={(_, selfApproval) => onChange({ selfApproval })}
              inputProps={{ 'aria-describedby': 'policy-self' }}
            />
          }
        />
        <FormHelperText
          id="policy-self"
          error={errors.selfApproval !== undefined}
          sx={{ marginX: 0 }}
        >
          {errors.selfApproval ??
            floor('selfApproval') ??
            t('policyForm.selfApprovalHint')}
        </FormHelperText>
      </div>
      {(before.length > 0 || requireSuccessIn) && (
        <TextField
          select
          size="small"
          label={t('policyForm.requireSuccessIn')}
          value={requireSuccessIn}
          onChange={event => onChange({ requireSuccessIn: event.target.value })}
          error={errors.requireSuccessIn !== undefined}
          helperText={errors.requireSuccessIn ?? floor('requireSuccessIn')}
          SelectProps={{ displayEmpty: true }}
          InputLabelProps={{ shrink: true }}
        >
          <MenuItem value="">{t('policyForm.nowhere')}</MenuItem>
          {[...new Set([...before, requireSuccessIn])]
            .filter(Boolean)
            .map(name => (
              <MenuItem key={name} value={name}>
                {name}
              </MenuItem>
            ))}
        </TextField>
      )}
    </Stack>
  );
};

/** The rules of an environment, to be changed. */
export const PolicyFields = (props: PolicyFieldsProps) => {
  const t = useText();
  const rollout = numberFields.filter(
    name => name !== 'approvalsRequired' && name !== 'approvalValidHours',
  );
  return (
    <Stack spacing={2}>
      <Panel title={t('policy.group.who')}>
        <Pair>
          {roleFields.map(name => (
            <Roles key={name} {...props} name={name} />
          ))}
        </Pair>
      </Panel>
      <Panel title={t('policy.group.approval')}>
        <Box paddingTop={1}>
          <Approval {...props} />
        </Box>
      </Panel>
      <Panel title={t('policy.group.when')}>
        <Stack spacing={3}>
          <WindowsField {...props} />
          <FreezesField {...props} />
        </Stack>
      </Panel>
      <Panel title={t('policy.group.rollout')}>
        <Stack spacing={2} paddingTop={1}>
          <Pair>
            {rollout.map(name => (
              <NumberInput key={name} {...props} name={name} />
            ))}
          </Pair>
          <CanaryFields {...props} />
        </Stack>
      </Panel>
    </Stack>
  );
};
