import { Paper } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { Gate } from '@/ui/States';

/** The words of a written policy, as they were filed; long ones scroll. */
export function PolicyText({ label, query }: { label: string; query: UseQueryResult<string> }) {
  return (
    <Gate query={query}>
      <Paper withBorder p="sm" mah="50vh" tabIndex={0} role="group" aria-label={label} style={{ overflow: 'auto', whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
        {query.data}
      </Paper>
    </Gate>
  );
}
