import '@fontsource-variable/ibm-plex-sans/wght.css';
import '@fontsource-variable/jetbrains-mono/wght.css';
import './widgets/tokens.css';
import './widgets/base.css';
import './widgets/overlay.css';
import './widgets/controls.css';
import './widgets/calendar.css';
import './widgets/lists.css';
import './app/shell.css';

import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { App, preload } from './app/App';
import { applyTheme } from './app/prefs';
import { pageOf } from './app/root';

applyTheme();
preload(pageOf(location.pathname));
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
