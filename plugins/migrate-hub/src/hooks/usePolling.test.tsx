import { TestApiProvider } from '@backstage/frontend-test-utils';
import { SignalApi, signalApiRef } from '@backstage/plugin-signals-react';
import { HUB_SIGNAL_CHANNEL } from '@migrate-hub/backstage-plugin-migrate-hub-common';
import { act, renderHook } from '@testing-library/react';
import { PropsWithChildren } from 'react';
import { usePolling } from './usePolling';

describe('usePolling', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('reads when the hub says so, many changes at once, and by the clock', () => {
    const listeners = new Set<() => void>();
    const signals: SignalApi = {
      subscribe: (channel, onMessage) => {
        expect(channel).toBe(HUB_SIGNAL_CHANNEL);
        const listener = () => onMessage({ changed: ['run'] } as never);
        listeners.add(listener);
        return { unsubscribe: () => listeners.delete(listener) };
      },
    };
    const portal = ({ children }: PropsWithChildren<{}>) => (
      <TestApiProvider apis={[[signalApiRef, signals]]}>
        {children}
      </TestApiProvider>
    );
    const read = jest.fn();
    const { unmount } = renderHook(() => usePolling(read, 60_000), {
      wrapper: portal,
    });
    const say = () => listeners.forEach(listener => listener());

    say();
    say();
    act(() => jest.advanceTimersByTime(1_000));
    expect(read).toHaveBeenCalledTimes(1);
    act(() => jest.advanceTimersByTime(60_000));
    expect(read).toHaveBeenCalledTimes(2);

    say();
    unmount();
    act(() => jest.advanceTimersByTime(120_000));
    expect(read).toHaveBeenCalledTimes(2);
    expect(listeners.size).toBe(0);
  });
});
