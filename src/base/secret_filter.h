// The last net before a text leaves the program: in a log line, a mail, a webhook, a file for support. Secrets do not
// belong there in the first place; this finds those that came along all the same, in an error's text for example. Every
// line of the log passes it.
#pragma once

#include <string>
#include <string_view>

namespace warder {

/// What stands in the place of a secret.
inline constexpr std::string_view kSecretMark = "[secret]";

/// The text without what looks like a secret: our own tokens and keys (wdt1_, wdm1_, wdk_, wardr_key_), the secrets of
/// reset links, private keys in PEM, JSON Web Tokens, otpauth: addresses, the password in scheme://user:password@host,
/// the values of Authorization:, Cookie: and Set-Cookie:, and whatever is assigned to a name that says password,
/// secret, token, …, as name=value or "name": "value". Everything else stays as it is, byte for byte. Linear in the
/// text; never fails.
std::string without_secrets(std::string_view text);

/// Whether what has this name is a secret, whatever it looks like: "password", "new_password", "clientSecret".
bool names_secret(std::string_view name) noexcept;

}  // namespace warder
