import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import {
  PolicyField,
  PolicyRule,
} from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';
import { Fact, Facts } from '../runs/Facts';
import { toneColor } from '../tones';

/** The rules in the order in which people ask for them. */
export const ruleGroups = {
  who: ['requestRoles', 'approveRoles', 'executeRoles', 'resolveRoles'],
  approval: [
    'approvalsRequired',
    'selfApproval',
    'approvalValidHours',
    'requireSuccessIn',
  ],
  when: ['windows', 'freezes'],
  rollout: [
    'parallelism',
    'canary',
    'stopAfterFailures',
    'lockTimeoutSeconds',
    'statementTimeoutSeconds',
  ],
} as const satisfies Record<string, readonly PolicyField[]>;
export type RuleGroup = keyof typeof ruleGroups;

interface PolicyRulesProps {
  rules: PolicyRule[];
  selfApproval: boolean;
  /** What no admin can go below, by rule. */
  floor?: PolicyRule[];
}

const textOf = (rules: PolicyRule[], field: PolicyField) =>
  rules.find(rule => rule.field === field)?.text;

/** A policy to read: each rule as a sentence. */
export const PolicyRules = (props: PolicyRulesProps) => {
  const { rules, selfApproval, floor = [] } = props;
  const t = useText();
  return (
    <Box
      sx={{
        display: 'grid',
        gridTemplateColumns: { xs: '1fr', md: '1fr 1fr' },
        gap: 3,
      }}
    >
      {(Object.keys(ruleGroups) as RuleGroup[]).map(group => (
        <section key={group}>
          <Typography component="h4" fontWeight={600} gutterBottom>
            {t(`policy.group.${group}`)}
          </Typography>
          <Facts>
            {ruleGroups[group].map(field => {
              const least = textOf(floor, field);
              const alarming = field === 'selfApproval' && selfApproval;
              return (
                <Fact key={field} name={t(`policy.${field}`)}>
                  <Box
                    component="span"
                    sx={
                      alarming
                        ? { color: toneColor('red'), fontWeight: 600 }
                        : undefined
                    }
                  >
                    {textOf(rules, field)}
                  </Box>
                  {least && (
                    <Typography
                      variant="caption"
                      component="div"
                      color="text.secondary"
                    >
                      {t('policy.floor', { rule: least })}
                    </Typography>
                  )}
                </Fact>
              );
            })}
          </Facts>
        </section>
      ))}
    </Box>
  );
};
