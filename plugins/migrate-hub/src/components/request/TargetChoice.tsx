import { Link } from '@backstage/core-components';
import Alert from '@mui/material/Alert';
import Autocomplete from '@mui/material/Autocomplete';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Checkbox from '@mui/material/Checkbox';
import FormControlLabel from '@mui/material/FormControlLabel';
import FormGroup from '@mui/material/FormGroup';
import FormLabel from '@mui/material/FormLabel';
import TextField from '@mui/material/TextField';
import Typography from '@mui/material/Typography';
import { DbTarget } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { useText } from '../../hooks/useText';
import { useHubPaths } from '../../routes';
import { Inventory } from './inventory';

interface TargetChoiceProps {
  project: string;
  inventory: Inventory;
  dbSetIds: string[];
  onDbSets: (ids: string[]) => void;
  /** Ids of targets; undefined is all of the sets. */
  chosen: string[] | undefined;
  onChosen: (ids: string[] | undefined) => void;
}

/** The DB sets, and if need be only some of their targets. */
export const TargetChoice = (props: TargetChoiceProps) => {
  const { project, inventory, dbSetIds, onDbSets } = props;
  const t = useText();
  const paths = useHubPaths();
  const { dbSets, environment } = inventory;
  if (dbSets.length === 0) {
    return (
      <Alert
        severity="info"
        action={
          <Link to={`${paths.databases}?project=${project}`}>
            {t('request.toDatabases')}
          </Link>
        }
      >
        {t('request.noDbSets', { project, environment })}
      </Alert>
    );
  }
  return (
    <Box>
      <FormLabel id="request-sets">{t('request.dbSets')}</FormLabel>
      <FormGroup row role="group" aria-labelledby="request-sets">
        {dbSets.map(({ id, name, targetCounts }) => (
          <FormControlLabel
            key={id}
            control={
              <Checkbox
                size="small"
                checked={dbSetIds.includes(id)}
                onChange={(_, on) =>
                  onDbSets(
                    on
                      ? [...dbSetIds, id]
                      : dbSetIds.filter(other => other !== id),
                  )
                }
              />
            }
            label={`${name} (${targetCounts.enabled})`}
          />
        ))}
      </FormGroup>
      {dbSetIds.length > 0 && <Targets {...props} />}
    </Box>
  );
};

function Targets(props: TargetChoiceProps) {
  const { inventory, dbSetIds, chosen, onChosen } = props;
  const t = useText();
  const offered = inventory.targets.filter(({ dbSet }) =>
    dbSetIds.includes(dbSet.id),
  );
  if (chosen === undefined) {
    return (
      <Typography variant="body2">
        {t('request.allTargets', { count: offered.length })}{' '}
        {offered.length > 1 && (
          <Button
            size="small"
            onClick={() => onChosen(offered.map(({ id }) => id))}
          >
            {t('request.choose')}
          </Button>
        )}
      </Typography>
    );
  }
  return (
    <Box sx={{ display: 'flex', gap: 1, alignItems: 'flex-start' }}>
      <Autocomplete<DbTarget, true>
        multiple
        fullWidth
        size="small"
        disableCloseOnSelect
        limitTags={6}
        options={offered}
        value={offered.filter(({ id }) => chosen.includes(id))}
        onChange={(_, targets) => onChosen(targets.map(({ id }) => id))}
        getOptionLabel={({ name }) => name}
        groupBy={({ dbSet }) => dbSet.name}
        isOptionEqualToValue={(a, b) => a.id === b.id}
        renderInput={params => (
          <TextField
            {...params}
            label={t('request.targets')}
            helperText={t('request.chosen', {
              chosen: String(chosen.length),
              total: String(offered.length),
            })}
          />
        )}
      />
      <Button size="small" onClick={() => onChosen(undefined)}>
        {t('request.chooseAll')}
      </Button>
    </Box>
  );
}
