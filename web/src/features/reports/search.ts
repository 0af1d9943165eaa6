import { z } from 'zod/mini';
import { lenient } from '@/lib/lenient';

/** Of which report deliveries are shown. */
export const deliveriesSearch = z.object({ report: lenient(z.uuid()) });
