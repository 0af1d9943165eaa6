#include "crypto/hpke.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace warder::crypto {
namespace {

Bytes hex(std::string_view text) {
  return from_hex(text).value();
}

HpkePublicKey public_key(std::string_view text) {
  HpkePublicKey key{};
  std::ranges::copy(hex(text), key.begin());
  return key;
}

// RFC 9180 appendix A.2.1.
TEST(Hpke, GivesTheKnownAnswers) {
  const auto receiver = public_key("4310ee97d88cc1f088a5576c77ab0cf5c3ac797f3d95139c6c84b5429c59662a");
  const auto own = HpkePrivateKey::from_bytes(hex("8057991eef8f1f1af18f4a9491d16a1ce333f695d4db8e38da75975c4478e0fb"));
  const auto ephemeral =
      HpkePrivateKey::from_bytes(hex("f4ec9b33b792c372c1d2c2063507b684ef925b8c75a42dbcbf57d63ccd381600"));
  ASSERT_TRUE(own && ephemeral);
  EXPECT_EQ(own->public_key(), receiver);
  const std::string info = "Ode on a Grecian Urn";
  const auto sender = HpkeContext::make(receiver, info, *ephemeral);
  ASSERT_TRUE(sender);
  EXPECT_EQ(to_hex(sender->encapsulated), "1afa08d3dec047a643885163f1180476fa7ddb54c6a8029ea33f95796bf2ac4a");
  const ByteView text = as_bytes("Beauty is truth, truth beauty");
  EXPECT_EQ(to_hex(sender->context.seal(0, as_bytes("Count-0"), text)),
            "1c5250d8034ec2b784ba2cfd69dbdb8af406cfe3ff938e131f0def8c8b60b4db21993c62ce81883d2dd1b51a28");
  EXPECT_EQ(to_hex(sender->context.seal(1, as_bytes("Count-1"), text)),
            "6b53c051e4199c518de79594e1c4ab18b96f081549d45ce015be002090bb119e85285337cc95ba5f59992dc98c");
  const auto opened = HpkeContext::open(*own, sender->encapsulated, info);
  ASSERT_TRUE(opened);
  EXPECT_EQ(as_text(opened
                        ->unseal(1, as_bytes("Count-1"),
                                 hex("6b53c051e4199c518de79594e1c4ab18b96f081549d45ce015be002090bb119e85285337cc95ba5"
                                     "f59992dc98c"))
                        .value()),
            "Beauty is truth, truth beauty");
}

RC_GTEST_PROP(HpkeProperty, OpensWhatWasSealedAndNothingElse, (const Bytes& text, const Bytes& associated)) {
  const auto receiver = HpkePrivateKey::generate();
  const auto number = *rc::gen::arbitrary<std::uint64_t>();
  const auto sender = HpkeContext::make(receiver.public_key(), "test");
  RC_ASSERT(sender.has_value());
  Bytes box = sender->context.seal(number, associated, text);
  const auto opened = HpkeContext::open(receiver, sender->encapsulated, "test");
  RC_ASSERT(opened->unseal(number, associated, box).value() == text);
  RC_ASSERT(!opened->unseal(number ^ 1, associated, box));
  RC_ASSERT(!HpkeContext::open(receiver, sender->encapsulated, "tes")->unseal(number, associated, box));
  RC_ASSERT(
      !HpkeContext::open(HpkePrivateKey::generate(), sender->encapsulated, "test")->unseal(number, associated, box));
  box[*rc::gen::inRange<std::size_t>(0, box.size())] ^= 1;
  RC_ASSERT(!opened->unseal(number, associated, box));
}

TEST(Hpke, RefusesKeysOfSmallOrder) {
  EXPECT_FALSE(HpkeContext::make(HpkePublicKey{}, "test"));
  EXPECT_FALSE(HpkeContext::open(HpkePrivateKey::generate(), HpkePublicKey{}, "test"));
  EXPECT_FALSE(HpkePrivateKey::from_bytes(Bytes(31)));
}

}  // namespace
}  // namespace warder::crypto
