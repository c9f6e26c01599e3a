import { SilenceWatch, watchAnswer } from './watchAnswer';

/** A line, and what the server says of the session at its other end. */
class Line {
  bytes = 0;
  says: () => Promise<boolean> = async () => false;
  asked = 0;
  isCut = false;
  answer: (value: string) => void = () => {};
  cut: () => void = () => {};
  readonly #answer = new Promise<string>((resolve, reject) => {
    this.answer = resolve;
    this.cut = () => {
      this.isCut = true;
      reject(new Error('silent'));
    };
  });

  watch(options: { asking?: false } = {}): Promise<string> {
    const watch: SilenceWatch = {
      quietMs: 5_000,
      received: () => this.bytes,
      cut: () => this.cut(),
      hasAnswered:
        options.asking === false
          ? undefined
          : async () => {
              this.asked += 1;
              return this.says();
            },
    };
    const watched = watchAnswer(this.#answer, watch);
    watched.catch(() => undefined);
    return watched;
  }
}

const pass = (seconds: number) =>
  jest.advanceTimersByTimeAsync(seconds * 1_000);

describe('an answer that does not come', () => {
  let line: Line;
  beforeEach(() => {
    jest.useFakeTimers();
    line = new Line();
  });
  afterEach(() => jest.useRealTimers());

  it('is waited for as long as the server is at work, and asked after ever more seldom', async () => {
    const watched = line.watch();
    await pass(3_600);
    expect(line.asked).toBeLessThan(70);
    line.answer('done');
    expect(await watched).toBe('done');
    const { asked } = line;
    await pass(3_600);
    expect(line.asked).toBe(asked);
  });

  it('is given up when the server says twice that it has nothing to do', async () => {
    const watched = line.watch();
    line.says = async () => true;
    await pass(5.5);
    expect(line.isCut).toBe(false);
    await pass(1);
    await expect(watched).rejects.toThrow('silent');
  });

  it('is on its way while bytes come', async () => {
    line.watch();
    line.says = async () => {
      line.bytes += 1;
      return true;
    };
    await pass(60);
    expect(line.isCut).toBe(false);
  });

  it('is waited for while nobody can be asked', async () => {
    line.watch();
    line.says = () => Promise.reject(new Error('unreachable'));
    await pass(600);
    expect(line.isCut).toBe(false);
  });

  it('has a deadline where nobody is to be asked', async () => {
    const watched = line.watch({ asking: false });
    await pass(5.5);
    await expect(watched).rejects.toThrow('silent');
  });
});
