// Key sets and tokens of identity providers: a line with the set, and behind it the token.
#include "crypto/jws.h"

#include <array>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace warder;
  using namespace warder::crypto;
  using enum JwsAlgorithm;
  const std::string_view text = as_text({data, size});
  const std::size_t end = text.find('\n');
  const auto keys = JwkSet::parse(text.substr(0, end));
  if (keys && keys->size() > kMaxJwks) std::abort();
  if (!keys || end == std::string_view::npos) return 0;
  const std::string_view token = text.substr(end + 1);
  constexpr std::array kAll = {Rs256, Ps256, Es256, EdDsa};
  const auto payload = verify_jws(token, *keys, kAll);
  // What holds under all algorithms holds under just one of them, and never without keys.
  int times = 0;
  for (const JwsAlgorithm one : kAll) {
    const auto again = verify_jws(token, *keys, std::array{one});
    if (again && (!payload || *again != *payload)) std::abort();
    times += again.has_value() ? 1 : 0;
  }
  if (times != (payload ? 1 : 0) || verify_jws(token, JwkSet{}, kAll) || verify_jws(token, *keys, {})) std::abort();
  if (!payload) return 0;
  // The payload is the one in the token, and any other byte in it breaks the signature.
  const std::size_t first = token.find('.');
  const std::size_t second = token.find('.', first + 1);
  const auto decoded = from_base64url(token.substr(first + 1, second - first - 1));
  if (!decoded || as_text(*decoded) != *payload) std::abort();
  std::string spoilt(token);
  for (const std::size_t at : {std::size_t{0}, first + 1, second - 1}) {
    const char was = spoilt[at];
    spoilt[at] = was == 'A' ? 'Q' : 'A';
    if (verify_jws(spoilt, *keys, kAll)) std::abort();
    spoilt[at] = was;
  }
  return 0;
}
