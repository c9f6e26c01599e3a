import '@testing-library/jest-dom';
import { configure } from '@testing-library/react';

// On a busy machine a first render takes longer than the second that is the default.
configure({ asyncUtilTimeout: 20_000 });
