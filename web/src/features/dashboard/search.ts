import { z } from 'zod/mini';
import { lenient } from '@/lib/lenient';

/** Which tab is shown, counted from 1. */
export const dashboardSearch = z.object({ tab: lenient(z.string().check(z.regex(/^\d{1,2}$/))) });
