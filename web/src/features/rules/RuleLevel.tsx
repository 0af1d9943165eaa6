import { severities } from '@/api/types';
import { Severity } from '@/ui/Severity';

/** How bad it is when a rule matches, as far as the rule says. */
export function RuleLevel({ rule: { severity, level } }: { rule: { severity: string | null; level: number | null } }) {
  const known = severities.find((each) => each === severity);
  if (!known) return '–';
  return (
    <>
      <Severity value={known} />
      {level !== null && ` ${level}`}
    </>
  );
}
