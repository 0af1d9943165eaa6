#include "agent/content_packs.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>

#include "base/file.h"

namespace warder::agent {
namespace {

namespace fs = std::filesystem;

class ContentPacksTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "content-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    reopen();
  }
  void TearDown() override { fs::remove_all(folder_); }

  void reopen() {
    packs_ = ContentPacks::open(folder_, {key_.public_key()}, [this](const ContentOutcome& outcome) {
               outcomes_.push_back(outcome.pack + (outcome.error.empty() ? " ok" : " refused"));
               last_error_ = outcome.error;
             }).value();
  }
  Bytes build(const std::string& name, const std::string& version) const {
    return pack::build_pack({.name = name, .version = version, .licence = "MIT", .minimum_engine = "0.1.0"},
                            {{"version", version}}, key_)
        .value();
  }
  static std::string digest_of(const Bytes& pack) { return to_hex(crypto::sha256(pack)); }
  static void add(protocol::ContentOffer& offer, const std::string& name, const Bytes& pack) {
    auto& wire = *offer.add_packs();
    wire.set_name(name);
    wire.set_digest(digest_of(pack));
    wire.set_bytes(pack.size());
  }
  /// Plays the manager, in pieces of `step`, until nothing more is asked. Returns how many requests there were.
  int serve(std::optional<protocol::ContentGet> request, const std::vector<Bytes>& packs, std::size_t step = 100) {
    int requests = 0;
    while (request && ++requests < 1000) {
      protocol::ContentChunk chunk;
      chunk.set_digest(request->digest());
      chunk.set_offset(request->offset());
      const auto found = std::find_if(packs.begin(), packs.end(),
                                      [&](const Bytes& pack) { return digest_of(pack) == request->digest(); });
      if (found == packs.end()) {
        chunk.set_error("unknown");
      } else {
        const ByteView rest = ByteView{*found}.subspan(request->offset());
        const ByteView data = rest.first(std::min(step, rest.size()));
        chunk.set_data(data.data(), data.size());
        chunk.set_last(data.size() == rest.size());
      }
      request = packs_->on_chunk(chunk);
    }
    return requests;
  }
  /// A pack that names one file, and the stored forms of its chunks.
  std::pair<Bytes, std::map<std::string, Bytes>> build_set(const std::string& version, const std::string& content) {
    EXPECT_TRUE(write_file_atomically(folder_ / "source", content));
    std::map<std::string, Bytes> chunks;
    pack::FileSet set;
    set.files.push_back(pack::cut_file(folder_ / "source", "all.ndb", pack::kMaxSetBytes,
                                       [&](const pack::Chunk& chunk, ByteView bytes) -> Result<void> {
                                         chunks[chunk.digest] = pack::compress_chunk(bytes);
                                         return {};
                                       })
                            .value());
    return {pack::build_pack({"signatures", version, "MIT", "0.1.0"},
                             {{std::string(pack::kFileSetName), pack::print_file_set(set)}}, key_)
                .value(),
            std::move(chunks)};
  }
  /// The manager again: a pack and chunks, until `most` requests were answered.
  int serve_set(std::optional<protocol::ContentGet> request, const Bytes& pack,
                const std::map<std::string, Bytes>& chunks, int most = 1000) {
    int requests = 0;
    while (request && requests < most) {
      ++requests;
      const auto found = chunks.find(request->digest());
      const Bytes& body = found == chunks.end() ? pack : found->second;
      const ByteView data = ByteView{body}
                                .subspan(request->offset())
                                .first(std::min<std::size_t>(200'000, body.size() - request->offset()));
      protocol::ContentChunk chunk;
      chunk.set_digest(request->digest());
      chunk.set_offset(request->offset());
      chunk.set_data(data.data(), data.size());
      chunk.set_last(request->offset() + data.size() == body.size());
      request = packs_->on_chunk(chunk);
    }
    return requests;
  }
  std::string signatures() const {
    const auto directory = packs_->directory("signatures");
    if (!directory) return "none";
    return read_file(folder_ / kFileSetsFolder / directory->filename() / "all.ndb").value_or("not there");
  }
  static std::string random_text(std::size_t bytes) {
    std::mt19937_64 random(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same in every run
    std::string text;
    while (text.size() < bytes) text += std::to_string(random());
    return text;
  }
  static protocol::ContentOffer offer_of(const std::string& name, const Bytes& pack) {
    protocol::ContentOffer offer;
    add(offer, name, pack);
    return offer;
  }
  std::string version_of(std::string_view name) const {
    const auto directory = packs_->directory(name);
    return directory ? read_file(*directory / "version").value() : "none";
  }

  fs::path folder_;
  crypto::SigningKey key_ = crypto::SigningKey::generate();
  std::unique_ptr<ContentPacks> packs_;
  std::vector<std::string> outcomes_;
  std::string last_error_;
};

TEST_F(ContentPacksTest, FetchesWhatItDoesNotHave) {
  const Bytes rules = build("rules", "1.0");
  const Bytes signatures = build("signatures", "7");
  protocol::ContentOffer offer;
  add(offer, "rules", rules);
  add(offer, "signatures", signatures);
  EXPECT_GT(serve(packs_->on_offer(offer), {rules, signatures}), 4);
  EXPECT_EQ(outcomes_, (std::vector<std::string>{"rules ok", "signatures ok"}));
  EXPECT_EQ(version_of("rules"), "1.0");
  EXPECT_EQ(version_of("signatures"), "7");

  reopen();
  EXPECT_FALSE(packs_->on_offer(offer).has_value());
  EXPECT_EQ(version_of("rules"), "1.0");
}

TEST_F(ContentPacksTest, GoesBackWithoutFetchingAgain) {
  const Bytes first = build("rules", "1.0");
  const Bytes second = build("rules", "2.0");
  for (const Bytes& pack : {first, second}) {
    protocol::ContentOffer offer;
    add(offer, "rules", pack);
    serve(packs_->on_offer(offer), {pack});
  }
  EXPECT_EQ(version_of("rules"), "2.0");
  protocol::ContentOffer back;
  add(back, "rules", first);
  EXPECT_FALSE(packs_->on_offer(back).has_value());
  EXPECT_EQ(version_of("rules"), "1.0");
}

TEST_F(ContentPacksTest, WhatIsNoLongerOfferedIsDropped) {
  const Bytes rules = build("rules", "1.0");
  protocol::ContentOffer offer;
  add(offer, "rules", rules);
  serve(packs_->on_offer(offer), {rules});
  EXPECT_FALSE(packs_->on_offer({}).has_value());
  EXPECT_EQ(version_of("rules"), "none");
}

TEST_F(ContentPacksTest, BadPacksChangeNothing) {
  const Bytes good = build("rules", "1.0");
  protocol::ContentOffer offer;
  add(offer, "rules", good);
  serve(packs_->on_offer(offer), {good});

  const crypto::SigningKey stranger = crypto::SigningKey::generate();
  const Bytes forged = pack::build_pack({"rules", "6.6", "MIT", "0.1.0"}, {{"version", "6.6"}}, stranger).value();
  const Bytes misnamed = build("other", "6.6");
  Bytes altered = build("rules", "6.6");
  altered[altered.size() / 2] ^= 1;
  for (const Bytes& bad : {forged, misnamed, altered}) {
    outcomes_.clear();
    protocol::ContentOffer worse;
    add(worse, "rules", bad);
    serve(packs_->on_offer(worse), {bad});
    EXPECT_EQ(outcomes_, std::vector<std::string>{"rules refused"});
    EXPECT_EQ(version_of("rules"), "1.0");
  }
}

TEST_F(ContentPacksTest, OneBadPackDoesNotStopTheOthers) {
  const Bytes rules = build("rules", "1.0");
  protocol::ContentOffer offer;
  add(offer, "missing", build("missing", "1.0"));
  add(offer, "rules", rules);
  serve(packs_->on_offer(offer), {rules});
  EXPECT_EQ(outcomes_, (std::vector<std::string>{"missing refused", "rules ok"}));
}

TEST_F(ContentPacksTest, ManagersThatMisbehaveAreNotFollowed) {
  const Bytes rules = build("rules", "1.0");
  protocol::ContentOffer offer;
  add(offer, "rules", rules);
  const auto first = packs_->on_offer(offer);
  ASSERT_TRUE(first.has_value());

  protocol::ContentChunk chunk;
  chunk.set_digest(digest_of(rules));
  chunk.set_offset(5);  // not what was asked for
  chunk.set_data("x");
  EXPECT_FALSE(packs_->on_chunk(chunk).has_value());
  EXPECT_TRUE(outcomes_.empty());

  chunk.set_offset(0);
  chunk.set_data(std::string(rules.size() + 1, 'x'));  // more than was offered
  EXPECT_FALSE(packs_->on_chunk(chunk).has_value());
  EXPECT_EQ(outcomes_, std::vector<std::string>{"rules refused"});

  ASSERT_TRUE(packs_->on_offer(offer).has_value());
  chunk.set_data("");  // and nothing, for ever
  EXPECT_FALSE(packs_->on_chunk(chunk).has_value());
  EXPECT_EQ(outcomes_.size(), 2U);

  protocol::ContentOffer huge;
  auto& wire = *huge.add_packs();
  wire.set_name("rules");
  wire.set_digest(std::string(64, 'a'));
  wire.set_bytes(pack::kMaxPackBytes + 1);
  EXPECT_FALSE(packs_->on_offer(huge).has_value());
}

TEST_F(ContentPacksTest, SetsAreFetchedByTheChunkAndThenSwapped) {
  std::string content = random_text(4'000'000);
  const auto [first, first_chunks] = build_set("1.0", content);
  const int all = serve_set(packs_->on_offer(offer_of("signatures", first)), first, first_chunks);
  EXPECT_EQ(signatures(), content);

  content.insert(2'000'000, "one more");
  const auto [second, second_chunks] = build_set("2.0", content);
  const auto request = packs_->on_offer(offer_of("signatures", second));
  EXPECT_NE(signatures(), content);  // the old one stays in force
  EXPECT_LT(serve_set(request, second, second_chunks), all / 2);
  EXPECT_EQ(signatures(), content);
  EXPECT_EQ(outcomes_, (std::vector<std::string>{"signatures ok", "signatures ok"}));

  EXPECT_FALSE(packs_->on_offer(offer_of("signatures", first)).has_value());  // the one before is still here
  EXPECT_EQ(signatures().size(), content.size() - 8);
}

TEST_F(ContentPacksTest, ABrokenTransferOfASetGoesOn) {
  const std::string content = random_text(4'000'000);
  const auto [pack, chunks] = build_set("1.0", content);
  const int some = serve_set(packs_->on_offer(offer_of("signatures", pack)), pack, chunks, 8);
  reopen();
  const int rest = serve_set(packs_->on_offer(offer_of("signatures", pack)), pack, chunks);
  EXPECT_EQ(signatures(), content);
  fs::remove_all(folder_);
  reopen();
  EXPECT_GE(serve_set(packs_->on_offer(offer_of("signatures", pack)), pack, chunks), rest + some - 3);
  EXPECT_GT(some, 3);
}

TEST_F(ContentPacksTest, ADamagedChunkIsRefusedAndTheOldSetStays) {
  const std::string content = random_text(1'000'000);
  const auto [good, good_chunks] = build_set("1.0", content);
  serve_set(packs_->on_offer(offer_of("signatures", good)), good, good_chunks);
  auto [bad, bad_chunks] = build_set("2.0", "changed" + content);
  for (auto& [digest, body] : bad_chunks) body[body.size() / 2] ^= 1;
  serve_set(packs_->on_offer(offer_of("signatures", bad)), bad, bad_chunks);
  EXPECT_EQ(outcomes_.back(), "signatures refused");
  EXPECT_NE(last_error_.find("damaged"), std::string::npos) << last_error_;
  EXPECT_EQ(signatures(), content);
}

}  // namespace
}  // namespace warder::agent
