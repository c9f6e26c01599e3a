import { Response } from 'express';
import { SessionCookie } from './SessionCookie';

describe('the session cookie', () => {
  const written = (baseUrl: string) => {
    const cookie = jest.fn();
    SessionCookie.create({ baseUrl, providerId: 'local' }).write(
      { cookie } as unknown as Response,
      'opaque',
      new Date(0),
    );
    return cookie.mock.calls[0];
  };

  it('leaves a browser over https only, and only for sign-in', () => {
    expect(written('https://portal.example.com/hub/api/auth')).toEqual([
      '__Secure-migrate-hub-local',
      'opaque',
      {
        httpOnly: true,
        sameSite: 'lax',
        secure: true,
        path: '/hub/api/auth/local',
        expires: new Date(0),
      },
    ]);
  });

  it('works over http where the portal does', () => {
    expect(written('http://localhost:7007/api/auth')).toEqual([
      'migrate-hub-local',
      'opaque',
      expect.objectContaining({ secure: false, path: '/api/auth/local' }),
    ]);
  });
});
