import '@testing-library/jest-dom';
import { configure } from '@testing-library/react';

// A page is loaded when it is opened, and compiled then, on machines that do much else.
configure({ asyncUtilTimeout: 15_000 });
jest.setTimeout(60_000);

// jsdom lays nothing out; CodeMirror asks where its text stands.
Range.prototype.getClientRects = () =>
  Object.assign([], { item: () => null }) as unknown as DOMRectList;
Range.prototype.getBoundingClientRect = () => new DOMRect();
