#include "agent/cosigner.h"

#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"

namespace warder::agent {

Result<Cosigner> Cosigner::open(const std::filesystem::path& file, const AgentId& agent) {
  std::string name = "warder.agent/" + agent.text();
  const auto text = read_file(file, 4096);
  if (text) {
    const auto seed = from_hex(trim(*text));
    auto key = seed ? crypto::SigningKey::from_seed(*seed) : fail(ErrorCode::Invalid, "no hexadecimal digits");
    if (!key) return fail(ErrorCode::Corrupt, file.string() + ": " + key.error().message);
    return Cosigner(std::move(name), std::move(*key));
  }
  if (text.error().code != ErrorCode::NotFound) return fail(text.error());
  crypto::SigningKey made = crypto::SigningKey::generate();
  WD_TRY(write_file_atomically(file, to_hex(made.seed()) + "\n", 0600));
  return Cosigner(std::move(name), std::move(made));
}

}  // namespace warder::agent
