import { z } from 'zod/mini';
import { lenient } from '@/lib/lenient';

export const reviewSearch = z.object({ result: lenient(z.enum(['gap', 'look', 'quiet'])) });
