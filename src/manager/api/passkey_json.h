// What the API says of passkeys and their proofs.
#pragma once

#include "base/bytes.h"
#include "base/json.h"
#include "manager/identity/identity.h"

namespace warder::manager {

/// A member that the contract has checked to be of base64url; empty when left out, or when its last bits are not zero:
/// then it proves nothing.
inline Bytes bytes_in(const json::object& object, std::string_view key) {
  const json::value* value = find(object, key);
  if (value == nullptr) return {};
  return from_base64url(std::string_view(value->as_string())).value_or(Bytes{});
}

inline AssertionAnswer assertion_in(const json::object& object) {
  return {bytes_in(object, "credential_id"), bytes_in(object, "client_data"), bytes_in(object, "authenticator_data"),
          bytes_in(object, "signature"), bytes_in(object, "user_handle")};
}

/// The body of an operation that asks for a proof; outlives the OwnProof made of it.
struct ProofBody {
  explicit ProofBody(const json::object& body) : body_(body) {
    if (const json::value* passkey = find(body, "passkey")) passkey_ = assertion_in(passkey->as_object());
  }
  [[nodiscard]] OwnProof proof() const {
    const json::value* const code = find(body_, "code");
    return {body_.at("password").as_string(),
            code == nullptr ? std::string_view() : std::string_view(code->as_string()),
            passkey_ ? &*passkey_ : nullptr};
  }

 private:
  const json::object& body_;
  std::optional<AssertionAnswer> passkey_;
};

inline json::array texts_of(const std::vector<Bytes>& ids) {
  json::array texts;
  for (const Bytes& id : ids) texts.emplace_back(json::string(to_base64url(id)));
  return texts;
}

inline json::object to_json(const PasskeyRequest& request) {
  return {{"challenge", to_base64url(request.challenge)},
          {"rp_id", request.rp.id},
          {"credentials", texts_of(request.credentials)},
          {"user_verification", request.needs_user_verification ? "required" : "preferred"},
          {"timeout_ms", std::chrono::milliseconds(kPasskeyTime).count()}};
}

}  // namespace warder::manager
