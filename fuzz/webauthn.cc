// Client data, authenticator data and attestations, as browsers hand them on.
#include "manager/webauthn/webauthn.h"

#include <cstdint>
#include <cstdlib>

#include "manager/webauthn/client_data.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace warder;
  using namespace warder::manager;
  if (size < 2) return 0;
  const std::size_t cut = size * data[0] / 256;
  const ByteView first{data + 1, cut == 0 ? 0 : cut - 1};
  const ByteView second{data + 1 + first.size(), size - 1 - first.size()};
  static_cast<void>(parse_client_data(first));
  const auto parsed = parse_authenticator_data(second);
  if (parsed && parsed->credential) {
    const std::size_t id = parsed->credential->id.size();
    const std::size_t key = parsed->credential->key.key.size();
    if (id == 0 || id > kMaxCredentialIdBytes || (key != 64 && key != 32 && key != 259)) std::abort();
  }
  const CeremonyTerms terms{{"manager.example", "https://manager.example"}, Bytes(32, 7), false};
  // The attestation is read only behind client data that hold, so it gets some.
  const std::string_view client =
      R"({"type":"webauthn.create","challenge":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc","origin":"https://manager.example"})";
  const ByteView client_bytes = as_bytes(client);
  const RegistrationAnswer answer{Bytes(client_bytes.begin(), client_bytes.end()), Bytes(second.begin(), second.end())};
  static_cast<void>(verify_registration(answer, terms));
  return 0;
}
