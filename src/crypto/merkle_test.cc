#include "crypto/merkle.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <bit>
#include <map>

namespace warder::crypto {
namespace {

Digest digest(std::string_view hex) {
  const Bytes bytes = from_hex(hex).value();
  Digest out{};
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

std::vector<Digest> digests(const std::vector<std::string_view>& hex) {
  std::vector<Digest> out;
  for (const std::string_view text : hex) out.push_back(digest(text));
  return out;
}

// The tree of the reference implementation's tests (certificate-transparency, cpp/merkletree/merkle_tree_test.cc).
constexpr std::string_view kLeaves[] = {
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"};
constexpr std::string_view kRoots[] = {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                       "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                       "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                       "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                       "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                       "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                       "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                       "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
struct Vector {
  std::uint64_t a;  // leaf, or old size
  std::uint64_t size;
  std::vector<std::string_view> proof;
};
const std::vector<Vector> kInclusions = {{0, 1, {}},
                                         {0,
                                          8,
                                          {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                                           "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                                           "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
                                         {5,
                                          8,
                                          {"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                                           "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                                           "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
                                         {2, 3, {"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"}},
                                         {1,
                                          5,
                                          {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                           "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                                           "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}}};
const std::vector<Vector> kConsistencies = {{1, 1, {}},
                                            {1,
                                             8,
                                             {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                                              "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                                              "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"}},
                                            {6,
                                             8,
                                             {"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                                              "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                                              "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"}},
                                            {2,
                                             5,
                                             {"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                                              "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"}}};

/// A log in memory, with what it stores.
class Log {
 public:
  void append(const Digest& leaf) {
    leaves_.push_back(leaf);
    for (const auto& [node, hash] : edge_.append(leaf)) nodes_[{node.level, node.index}] = hash;
  }
  [[nodiscard]] MerkleReader reader() const {
    return [this](const MerkleNode& node) -> Result<Digest> {
      ++reads;
      const auto found = nodes_.find({node.level, node.index});
      if (found == nodes_.end()) return fail(ErrorCode::NotFound, "never stored");
      return found->second;
    };
  }
  [[nodiscard]] const std::vector<Digest>& leaves() const { return leaves_; }
  [[nodiscard]] const MerkleEdge& edge() const { return edge_; }
  [[nodiscard]] std::size_t nodes() const { return nodes_.size(); }
  mutable std::size_t reads = 0;

 private:
  std::vector<Digest> leaves_;
  MerkleEdge edge_;
  std::map<std::pair<unsigned, std::uint64_t>, Digest> nodes_;
};

Log make_log(std::size_t size) {
  Log log;
  for (std::size_t i = 0; i < size; ++i) log.append(merkle_leaf(as_bytes(std::to_string(i))));
  return log;
}

/// RFC 6962 §2.1, word by word: the independent one.
Digest naive_root(std::span<const Digest> leaves) {
  if (leaves.empty()) return sha256({});
  if (leaves.size() == 1) return leaves.front();
  std::size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  return merkle_node(naive_root(leaves.first(k)), naive_root(leaves.subspan(k)));
}

std::vector<Digest> naive_path(std::size_t m, std::span<const Digest> leaves) {
  if (leaves.size() == 1) return {};
  std::size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  auto path = m < k ? naive_path(m, leaves.first(k)) : naive_path(m - k, leaves.subspan(k));
  path.push_back(naive_root(m < k ? leaves.subspan(k) : leaves.first(k)));
  return path;
}

std::vector<Digest> naive_subproof(std::size_t m, std::span<const Digest> leaves, bool is_known) {
  if (m == leaves.size()) return is_known ? std::vector<Digest>{} : std::vector<Digest>{naive_root(leaves)};
  std::size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  auto proof = m <= k ? naive_subproof(m, leaves.first(k), is_known) : naive_subproof(m - k, leaves.subspan(k), false);
  proof.push_back(naive_root(m <= k ? leaves.subspan(k) : leaves.first(k)));
  return proof;
}

TEST(Merkle, GivesThePublishedRootsAndProofs) {
  Log log;
  EXPECT_EQ(to_hex(log.edge().root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  for (std::size_t i = 0; i < std::size(kLeaves); ++i) {
    log.append(merkle_leaf(from_hex(kLeaves[i]).value()));
    EXPECT_EQ(to_hex(log.edge().root()), kRoots[i]);
    EXPECT_EQ(to_hex(merkle_root(i + 1, log.reader()).value()), kRoots[i]);
  }
  for (const Vector& v : kInclusions) {
    SCOPED_TRACE(std::to_string(v.a) + " in " + std::to_string(v.size));
    EXPECT_EQ(prove_inclusion(v.a, v.size, log.reader()).value(), digests(v.proof));
    EXPECT_TRUE(is_included(v.a, log.leaves()[v.a], v.size, digest(kRoots[v.size - 1]), digests(v.proof)));
  }
  for (const Vector& v : kConsistencies) {
    SCOPED_TRACE(std::to_string(v.a) + " before " + std::to_string(v.size));
    EXPECT_EQ(prove_consistency(v.a, v.size, log.reader()).value(), digests(v.proof));
    EXPECT_TRUE(is_consistent({v.a, digest(kRoots[v.a - 1])}, {v.size, digest(kRoots[v.size - 1])}, digests(v.proof)));
  }
}

TEST(Merkle, EveryProofOfEverySizeIsTheOneOfTheRfcAndVerifies) {
  constexpr std::size_t kMost = 66;
  const Log log = make_log(kMost);
  for (std::size_t size = 1; size <= kMost; ++size) {
    const std::span<const Digest> leaves = std::span(log.leaves()).first(size);
    const Digest root = naive_root(leaves);
    EXPECT_EQ(merkle_root(size, log.reader()).value(), root);
    for (std::size_t index = 0; index < size; ++index) {
      const auto path = prove_inclusion(index, size, log.reader()).value();
      EXPECT_EQ(path, naive_path(index, leaves));
      EXPECT_TRUE(is_included(index, leaves[index], size, root, path));
      const auto proof = prove_consistency(index + 1, size, log.reader()).value();
      EXPECT_EQ(proof, naive_subproof(index + 1, leaves, true));
      EXPECT_TRUE(is_consistent({index + 1, naive_root(leaves.first(index + 1))}, {size, root}, proof));
    }
  }
}

TEST(Merkle, NoProofServesAnotherIndexOrSize) {
  constexpr std::size_t kMost = 18;
  const Log log = make_log(kMost);
  const auto root = [&](std::size_t size) { return naive_root(std::span(log.leaves()).first(size)); };
  for (std::size_t size = 1; size <= kMost; ++size) {
    for (std::size_t index = 0; index < size; ++index) {
      const auto path = prove_inclusion(index, size, log.reader()).value();
      for (std::size_t other = 0; other <= kMost; ++other) {
        if (other == index) continue;
        EXPECT_FALSE(is_included(other, log.leaves()[index], size, root(size), path));
      }
      const auto proof = prove_consistency(index + 1, size, log.reader()).value();
      for (std::size_t other = 1; other <= kMost; ++other) {
        if (other == index + 1) continue;
        EXPECT_FALSE(is_consistent({other, root(other)}, {size, root(size)}, proof)) << other;
        EXPECT_FALSE(is_consistent({other, root(index + 1)}, {size, root(size)}, proof)) << other;
      }
    }
  }
}

/// The path to a leaf has a byte and bit to change in each of its parts.
std::vector<Digest> with_flipped_bit(std::vector<Digest> proof) {
  const auto bit = *rc::gen::inRange<std::size_t>(0, proof.size() * 256);
  proof[bit / 256].at(bit % 256 / 8) ^= static_cast<std::uint8_t>(1U << (bit % 8));
  return proof;
}

RC_GTEST_PROP(Merkle, EveryChangedBitFails, ()) {
  static const Log log = make_log(1000);
  const auto size = *rc::gen::inRange<std::uint64_t>(2, 1001);
  const auto index = *rc::gen::inRange<std::uint64_t>(0, size);
  const Digest root = merkle_root(size, log.reader()).value();
  const Digest leaf = log.leaves()[index];
  const auto path = prove_inclusion(index, size, log.reader()).value();
  RC_ASSERT(is_included(index, leaf, size, root, path));
  RC_ASSERT(!is_included(index, leaf, size, root, with_flipped_bit(path)));
  RC_ASSERT(!is_included(index, with_flipped_bit({leaf})[0], size, root, path));
  RC_ASSERT(!is_included(index, leaf, size, with_flipped_bit({root})[0], path));

  const auto from = *rc::gen::inRange<std::uint64_t>(1, size);
  const MerkleHead old_head{from, merkle_root(from, log.reader()).value()};
  const auto proof = prove_consistency(from, size, log.reader()).value();
  RC_ASSERT(is_consistent(old_head, {size, root}, proof));
  RC_ASSERT(!is_consistent(old_head, {size, root}, with_flipped_bit(proof)));
  RC_ASSERT(!is_consistent({from, with_flipped_bit({old_head.root})[0]}, {size, root}, proof));
  RC_ASSERT(!is_consistent(old_head, {size, with_flipped_bit({root})[0]}, proof));
}

TEST(Merkle, ProofsOfAnotherLengthFail) {
  const Log log = make_log(11);
  const Digest root = log.edge().root();
  auto path = prove_inclusion(4, 11, log.reader()).value();
  path.push_back(root);
  EXPECT_FALSE(is_included(4, log.leaves()[4], 11, root, path));
  path.resize(path.size() - 2);
  EXPECT_FALSE(is_included(4, log.leaves()[4], 11, root, path));
  EXPECT_FALSE(is_included(4, log.leaves()[4], 11, root, std::vector<Digest>(100'000)));
  const MerkleHead old_head{6, merkle_root(6, log.reader()).value()};
  auto proof = prove_consistency(6, 11, log.reader()).value();
  proof.push_back(root);
  EXPECT_FALSE(is_consistent(old_head, {11, root}, proof));
  proof.resize(proof.size() - 2);
  EXPECT_FALSE(is_consistent(old_head, {11, root}, proof));
  EXPECT_FALSE(is_consistent(old_head, {11, root}, {}));
}

TEST(Merkle, TheEdgesOfSizesAreSaid) {
  const Log log = make_log(5);
  const Digest nothing = sha256({});
  EXPECT_TRUE(is_consistent({0, nothing}, {5, log.edge().root()}, {}));
  EXPECT_FALSE(is_consistent({0, log.edge().root()}, {5, log.edge().root()}, {}));
  EXPECT_FALSE(is_consistent({5, log.edge().root()}, {4, log.edge().root()}, {}));
  EXPECT_FALSE(is_consistent({5, nothing}, {5, log.edge().root()}, {}));
  EXPECT_EQ(prove_inclusion(5, 5, log.reader()).error().code, ErrorCode::Invalid);
  EXPECT_EQ(prove_consistency(6, 5, log.reader()).error().code, ErrorCode::Invalid);
  EXPECT_TRUE(prove_consistency(0, 5, log.reader())->empty());
  EXPECT_FALSE(is_included(0, nothing, 0, nothing, {}));
}

TEST(Merkle, StoresTwoHashesAnEntryAndReadsFewForAProof) {
  const Log log = make_log(4096 - 1);
  EXPECT_LT(log.nodes(), 2U * 4096);
  EXPECT_EQ(log.edge().peaks().size(), 12U);
  for (const std::uint64_t index : {std::uint64_t{0}, std::uint64_t{2048}, std::uint64_t{4094}}) {
    log.reads = 0;
    ASSERT_TRUE(prove_inclusion(index, 4095, log.reader()));
    EXPECT_LE(log.reads, 24U);
    log.reads = 0;
    ASSERT_TRUE(prove_consistency(index + 1, 4095, log.reader()));
    EXPECT_LE(log.reads, 24U);
  }
}

TEST(Merkle, GoesOnFromItsEdge) {
  Log log = make_log(13);
  MerkleEdge edge = MerkleEdge::restore(13, log.edge().peaks()).value();
  log.append(merkle_leaf(as_bytes("next")));
  edge.append(merkle_leaf(as_bytes("next")));
  EXPECT_EQ(edge.root(), log.edge().root());
  EXPECT_EQ(MerkleEdge::restore(13, {}).error().code, ErrorCode::Corrupt);
}

}  // namespace
}  // namespace warder::crypto
