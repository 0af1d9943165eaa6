// Between the manager's texts and the browser's WebAuthn objects.
import { api, bodyOf } from '@/api/client';
import type { components } from '@/api/schema';

type Request = components['schemas']['PasskeyRequest'];
type Creation = components['schemas']['PasskeyCreation'];
export type PasskeyAnswer = components['schemas']['PasskeyAssertion'];

export const hasWebAuthn = () => typeof globalThis.PublicKeyCredential === 'function';

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (letter) => letter.codePointAt(0) ?? 0);
}

function textOf(buffer: ArrayBuffer | null): string {
  const binary = String.fromCodePoint(...new Uint8Array(buffer ?? new ArrayBuffer(0)));
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

const descriptors = (ids: string[]) => ids.map((id) => ({ type: 'public-key' as const, id: bytesOf(id) }));

function isKey(credential: Credential | null): credential is PublicKeyCredential {
  return credential !== null && credential.type === 'public-key';
}

/** Has a passkey answer; throws what the browser throws when nobody does. */
export async function askPasskey(request: Request): Promise<PasskeyAnswer> {
  const credential = await navigator.credentials.get({
    publicKey: {
      challenge: bytesOf(request.challenge),
      rpId: request.rp_id,
      allowCredentials: descriptors(request.credentials),
      userVerification: request.user_verification,
      timeout: request.timeout_ms,
    },
  });
  if (!isKey(credential)) throw new DOMException('no passkey', 'NotAllowedError');
  const answer = credential.response as AuthenticatorAssertionResponse;
  return {
    credential_id: textOf(credential.rawId),
    client_data: textOf(answer.clientDataJSON),
    authenticator_data: textOf(answer.authenticatorData),
    signature: textOf(answer.signature),
    user_handle: textOf(answer.userHandle),
  };
}

/** Makes a passkey of this browser or of a device beside it. */
export async function makePasskey({ request, ...creation }: Creation) {
  const credential = await navigator.credentials.create({
    publicKey: {
      challenge: bytesOf(request.challenge),
      rp: { id: request.rp_id, name: creation.rp_name },
      user: { id: bytesOf(creation.user_handle), name: creation.username, displayName: creation.display_name },
      pubKeyCredParams: creation.algorithms.map((alg) => ({ type: 'public-key' as const, alg })),
      excludeCredentials: descriptors(request.credentials),
      authenticatorSelection: { residentKey: 'required', userVerification: request.user_verification },
      attestation: 'none',
      timeout: request.timeout_ms,
    },
  });
  if (!isKey(credential)) throw new DOMException('no passkey', 'NotAllowedError');
  const answer = credential.response as AuthenticatorAttestationResponse;
  return { client_data: textOf(answer.clientDataJSON), attestation_object: textOf(answer.attestationObject) };
}

export interface Proof {
  password: string;
  code: string;
}

/** The body of a proof: a code where one was given, else a passkey where there are some. */
export async function ownProof({ password, code }: Proof, hasPasskeys: boolean) {
  if (code) return { password, code };
  if (!hasPasskeys) return { password };
  return { password, passkey: await askPasskey(await bodyOf(api.POST('/session/passkeys/request'))) };
}
