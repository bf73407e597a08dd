import { expect } from 'chai';
import { newPassword, passwordLength, passwordSpecials } from '../../../src/secrecy/password';

describe('newPassword', () => {
  const passwords = Array.from({ length: 500 }, newPassword);

  it('needs no escape in PHP, SQL, a shell, a URL, JSON or YAML', () => {
    for (const password of passwords) {
      expect(password).to.match(/^[A-Za-z0-9_.-]+$/);
      expect(encodeURIComponent(password)).to.equal(password);
      expect(JSON.stringify(password)).to.equal(`"${password}"`);
    }
  });

  it('has its length, and a character of each kind that password policies ask for', () => {
    for (const password of passwords) {
      expect(password).to.have.length(passwordLength);
      for (const kind of [/[A-Z]/, /[a-z]/, /[0-9]/, /[-_.]/]) expect(password).to.match(kind);
    }
  });

  it('has only specials that RDS takes: no slash, quote, at sign or space', () => {
    expect(passwordSpecials).not.to.match(/[/'"@\s]/);
  });

  it('is never made twice', () => expect(new Set(passwords)).to.have.length(passwords.length));
});
