#include "agent/cosigner.h"

#include <gtest/gtest.h>

#include "agent/testing.h"
#include "base/file.h"

namespace warder::agent {
namespace {

TEST(Cosigner, IsTheSameWitnessForAsLongAsItsFileIsThere) {
  const testing::Directory directory;
  const auto file = directory.path() / "cosigner.key";
  const AgentId agent;
  const crypto::WitnessKey key = Cosigner::open(file, agent).value().key();
  EXPECT_EQ(key.name, "warder.agent/" + agent.text());
  EXPECT_EQ(std::filesystem::status(file).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const auto again = Cosigner::open(file, agent);
  EXPECT_EQ(again->key(), key);
  const auto log = crypto::SigningKey::generate();
  const std::string note = crypto::sign_checkpoint({"log", {1, {}}}, log).value();
  const std::string line = again->cosign(note, from_micros(7'000'000)).value();
  EXPECT_EQ(crypto::open_cosignature(note + line, key).value(), from_micros(7'000'000));
}

TEST(Cosigner, IsNotMadeAnewOverAFileThatHoldsNoKey) {
  const testing::Directory directory;
  const auto file = directory.path() / "cosigner.key";
  for (const char* text : {"", "no key", "00ff", "zz"}) {
    ASSERT_TRUE(write_file_atomically(file, text));
    EXPECT_EQ(Cosigner::open(file, AgentId{}).error().code, ErrorCode::Corrupt) << text;
    EXPECT_EQ(read_file(file).value(), text);
  }
}

}  // namespace
}  // namespace warder::agent
