#include "engines/inventory/snapshot.h"
#include "manager/gateway/fixture.h"

namespace warder::manager {
namespace {

using inventory::Item;
using inventory::Kind;

constexpr auto kPackages = static_cast<std::uint32_t>(Kind::Package);

class GatewayInventoryTest : public GatewayTest {
 protected:
  static std::string digest_of(const std::vector<Item>& items) {
    return std::string(as_text(inventory::digest(items)));
  }
  static protocol::Envelope update(std::uint32_t part, const std::string& base, const std::vector<Item>& items) {
    protocol::Envelope envelope;
    protocol::InventoryUpdate& message = *envelope.mutable_inventory_update();
    message.set_kind(kPackages);
    message.set_part(part);
    message.set_base(base);
    for (const Item& item : items) {
      protocol::InventoryItem& wire = *message.add_set();
      wire.set_key(item.key);
      wire.set_name(item.name);
      wire.set_version(item.version);
    }
    return envelope;
  }
  static protocol::Envelope last(protocol::Envelope envelope, const std::string& digest) {
    envelope.mutable_inventory_update()->set_last(true);
    envelope.mutable_inventory_update()->set_digest(digest);
    return envelope;
  }
  static protocol::InventoryAck tell(testing::WireClient& client, const protocol::Envelope& envelope) {
    EXPECT_TRUE(client.send(envelope));
    const auto answer = client.next();
    EXPECT_TRUE(answer && answer->has_inventory_ack());
    return answer ? answer->inventory_ack() : protocol::InventoryAck{};
  }
  std::vector<Item> stored(const Identity& identity) {
    std::vector<Item> items;
    for (StoredItem& each : inventory_.list(scope_, Kind::Package, {.agent = identity.agent}, {})->items)
      items.push_back(std::move(each.item));
    return items;
  }

  const std::vector<Item> first_ = {{"a", "alpha", "1", {}}, {"b", "beta", "1", {}}};
  const std::vector<Item> second_ = {{"a", "alpha", "2", {}}, {"b", "beta", "1", {}}};
};

TEST_F(GatewayInventoryTest, AListComesInPartsAndThenAsChanges) {
  const Identity identity = enrol();
  auto client = connect(identity);
  ASSERT_TRUE(client->send(update(0, "", {first_[0]})));
  EXPECT_EQ(tell(*client, last(update(1, "", {first_[1]}), digest_of(first_))).digest(), digest_of(first_));
  EXPECT_EQ(stored(identity), first_);
  const auto ack = tell(*client, last(update(0, digest_of(first_), {second_[0]}), digest_of(second_)));
  EXPECT_EQ(ack.digest(), digest_of(second_));
  EXPECT_EQ(ack.refused(), "");
  EXPECT_EQ(stored(identity), second_);
}

TEST_F(GatewayInventoryTest, ANewStreamIsToldWhatIsStored) {
  const Identity identity = enrol();
  tell(*connect(identity), last(update(0, "", first_), digest_of(first_)));
  auto client = dial(identity).value();
  ASSERT_TRUE(client->send(hello()));
  const protocol::Envelope ack = client->next().value();
  ASSERT_EQ(ack.hello_ack().inventory_size(), 1);
  EXPECT_EQ(ack.hello_ack().inventory(0).kind(), kPackages);
  EXPECT_EQ(ack.hello_ack().inventory(0).digest(), digest_of(first_));
}

TEST_F(GatewayInventoryTest, AChangeOfAnotherListIsAnsweredWithWhatIsThere) {
  const Identity identity = enrol();
  auto client = connect(identity);
  tell(*client, last(update(0, "", first_), digest_of(first_)));
  const auto of_another = tell(*client, last(update(0, digest_of(second_), {second_[0]}), digest_of(second_)));
  EXPECT_EQ(of_another.digest(), digest_of(first_));
  const auto wrong_sum = tell(*client, last(update(0, digest_of(first_), {second_[0]}), digest_of(first_)));
  EXPECT_EQ(wrong_sum.digest(), digest_of(first_));
  EXPECT_EQ(stored(identity), first_);
}

TEST_F(GatewayInventoryTest, PartsThatDoNotFitAreRefusedAndTheStreamGoesOn) {
  const Identity identity = enrol();
  auto client = connect(identity);
  EXPECT_NE(tell(*client, update(1, "", {first_[0]})).refused(), "") << "the first is missing";
  ASSERT_TRUE(client->send(update(0, "", {first_[0]})));
  EXPECT_NE(tell(*client, update(2, "", {first_[1]})).refused(), "") << "one is missing";
  EXPECT_NE(tell(*client, last(update(0, "", {{"", "", "", {}}}), digest_of(first_))).refused(), "") << "no key";
  EXPECT_NE(tell(*client, last(update(0, "", first_), "short")).refused(), "");
  EXPECT_TRUE(stored(identity).empty());
  EXPECT_EQ(tell(*client, last(update(0, "", first_), digest_of(first_))).refused(), "");
  EXPECT_EQ(stored(identity), first_);
}

TEST_F(GatewayInventoryTest, AnAgentThatDidNotAgreeOnItIsCutOff) {
  const Identity identity = enrol();
  auto client = dial(identity).value();
  protocol::Envelope greeting = hello();
  greeting.mutable_hello()->clear_capabilities();
  greeting.mutable_hello()->add_capabilities("events.v1");
  ASSERT_TRUE(client->send(greeting));
  ASSERT_TRUE(client->next()->has_hello_ack());
  ASSERT_TRUE(client->send(last(update(0, "", first_), digest_of(first_))));
  EXPECT_NE(end_reason(*client), "still open");
  EXPECT_TRUE(stored(identity).empty());
}

}  // namespace
}  // namespace warder::manager
