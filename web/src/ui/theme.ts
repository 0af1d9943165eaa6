// Calm and dense; every colour pair has a contrast of at least 4.5 in both schemes.
import { createTheme, type CSSVariablesResolver } from '@mantine/core';

/** The header of a dialog is not a banner of the page. */
const plainHeader = { header: { role: 'presentation' } };

export const theme = createTheme({
  respectReducedMotion: true,
  primaryColor: 'steel',
  primaryShade: { light: 7, dark: 7 },
  colors: {
    steel: ['#eef4fa', '#dbe6f1', '#b6cde3', '#8eb2d5', '#6b9aca', '#548ac1', '#3f76ad', '#2f5d8a', '#264c72', '#1c3a58'],
  },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK JP", "Hiragino Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", "Noto Sans Mono CJK JP", monospace',
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  // By name, without `extend`: the first page does not load what it does not show.
  components: {
    // The border and the sign have the colour; a title in green or yellow could not be read.
    Alert: { styles: { title: { color: 'var(--mantine-color-text)' } } },
    // Locking the scroll would need a style element without our nonce.
    Modal: { defaultProps: { lockScroll: false, overlayProps: { backgroundOpacity: 0.4 }, attributes: plainHeader } },
    Drawer: { defaultProps: { lockScroll: false, attributes: plainHeader } },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: true } },
  },
});

export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#5b6570',
    '--mantine-color-placeholder': '#656e78',
    '--mantine-color-error': '#c92a2a',
    '--mantine-color-anchor': '#2f5d8a',
    '--wd-line': '#dfe3e8',
    '--wd-hover': '#f1f4f8',
    '--wd-selected': '#e3edf7',
    '--wd-panel': '#f8f9fb',
  },
  dark: {
    '--mantine-color-body': '#16191d',
    '--mantine-color-text': '#d5dae0',
    '--mantine-color-dimmed': '#9aa5b1',
    '--mantine-color-placeholder': '#929ca7',
    '--mantine-color-error': '#ff8787',
    '--mantine-color-anchor': '#8eb2d5',
    '--mantine-color-default': '#1f2429',
    '--mantine-color-default-hover': '#2a3037',
    '--mantine-color-default-border': '#3c444d',
    '--wd-line': '#2c333a',
    '--wd-hover': '#20262c',
    '--wd-selected': '#22374b',
    '--wd-panel': '#1b1f24',
  },
});

/** One colour a severity, for dots and bars; text never relies on it. */
export const severityColor = {
  critical: '#a61e4d',
  high: '#e03131',
  medium: '#f08c00',
  low: '#3f8fd2',
  info: '#868e96',
} as const;

export const stateColor = { good: '#2f9e44', warn: '#f08c00', bad: '#e03131', idle: '#868e96' } as const;
