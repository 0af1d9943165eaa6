import { z } from 'zod/mini';
import { lenient } from '@/lib/lenient';

export const quarantineSearch = z.object({ host: lenient(z.uuid()) });
