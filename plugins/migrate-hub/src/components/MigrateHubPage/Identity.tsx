import { useTranslationRef } from '@backstage/frontend-plugin-api';
import Chip from '@mui/material/Chip';
import Typography from '@mui/material/Typography';
import { User } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { migrateHubTranslationRef } from '../../translation';

/** Who is signed in, and what the role means. */
export const Identity = ({ user }: { user: User }) => {
  const { t } = useTranslationRef(migrateHubTranslationRef);
  return (
    <>
      <Typography component="div">
        {user.name} <Chip size="small" label={user.role} />
      </Typography>
      {user.email && (
        <Typography variant="body2" color="text.secondary">
          {user.email}
        </Typography>
      )}
      <Typography variant="body2" sx={{ marginTop: 1 }}>
        {t(`me.role.${user.role}`)}
      </Typography>
    </>
  );
};
