import { Link } from '@backstage/core-components';
import Box from '@mui/material/Box';
import Table from '@mui/material/Table';
import TableBody from '@mui/material/TableBody';
import TableCell from '@mui/material/TableCell';
import TableHead from '@mui/material/TableHead';
import TableRow from '@mui/material/TableRow';
import Tooltip from '@mui/material/Tooltip';
import Typography from '@mui/material/Typography';
import { Dashboard } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useHub } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { EnvironmentName } from '../EnvironmentName';
import { Tone, toneColor } from '../tones';

type Glance = Dashboard['environments'][number];

/** How many migrations stand where in each environment; a number leads to them. */
export const EnvironmentsGlance = (props: { environments: Glance[] }) => {
  const t = useText();
  const paths = useHubPaths();
  const hub = useHub();
  if (props.environments.length === 0) {
    return <Typography>{t('dashboard.environmentsEmpty')}</Typography>;
  }

  const cells = (one: Glance): [Tone, number, string][] => [
    [
      'green',
      one.executed,
      `${paths.migrations}?environment=${one.name}&state=executed`,
    ],
    ['red', one.failed, `${paths.runs}?environment=${one.name}&status=failed`],
    [
      'amber',
      one.waiting,
      `${paths.runs}?environment=${one.name}&status=awaiting_approval`,
    ],
  ];

  return (
    <Table
      size="small"
      aria-label={t('dashboard.environments')}
      sx={{ '& td, & th': { paddingX: 0.75 } }}
    >
      <TableHead>
        <TableRow>
          <TableCell>{t('dashboard.environment')}</TableCell>
          <TableCell align="right">{t('dashboard.executed')}</TableCell>
          <TableCell align="right">{t('dashboard.failed')}</TableCell>
          <TableCell align="right">{t('dashboard.waitingCount')}</TableCell>
        </TableRow>
      </TableHead>
      <TableBody>
        {props.environments.map(one => (
          <TableRow key={one.name}>
            <TableCell component="th" scope="row">
              <Tooltip
                title={
                  hub.environments.find(({ name }) => name === one.name)
                    ?.policyText ?? ''
                }
              >
                <span>
                  <EnvironmentName name={one.name} />
                </span>
              </Tooltip>
            </TableCell>
            {cells(one).map(([tone, count, to]) => (
              <TableCell key={tone} align="right">
                {count === 0 ? (
                  <Box component="span" sx={{ color: 'text.secondary' }}>
                    0
                  </Box>
                ) : (
                  <Link to={to}>
                    <Box
                      component="span"
                      sx={{ color: toneColor(tone), fontWeight: 600 }}
                    >
                      {count}
                    </Box>
                  </Link>
                )}
              </TableCell>
            ))}
          </TableRow>
        ))}
      </TableBody>
    </Table>
  );
};
