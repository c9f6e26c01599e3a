import { useHub } from '../../hooks/useHub';
import { useText } from '../../hooks/useText';
import { fieldErrors } from '../fieldErrors';
import { MomentField } from '../MomentField';
import { OpeningNote, zoneOf } from '../OpeningNote';

interface TimingProps {
  environment: string;
  /** Of the reader's clock, or nothing. */
  notBefore: string;
  onNotBefore: (value: string) => void;
  error?: Error;
}

/** When it may start: by the rules of the environment, and by what is asked for. */
export const Timing = (props: TimingProps) => {
  const { notBefore, onNotBefore, error } = props;
  const t = useText();
  const { environments } = useHub();
  const environment = environments.find(
    ({ name }) => name === props.environment,
  );
  return (
    <>
      {environment && <OpeningNote environment={environment} />}
      <MomentField
        label={t('request.notBefore')}
        value={notBefore}
        onChange={onNotBefore}
        timeZone={zoneOf(environment)}
        hint={t('request.notBeforeHelp')}
        error={fieldErrors(error, ['notBefore']).notBefore}
      />
    </>
  );
};
