// Merkle trees of append-only logs (RFC 6962 §2.1): appending, proofs of inclusion and of consistency, their checks.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "crypto/hash.h"

namespace warder::crypto {

/// SHA-256(0x00 | leaf): an entry's place in the tree.
Digest merkle_leaf(ByteView leaf);
/// SHA-256(0x01 | left | right).
Digest merkle_node(const Digest& left, const Digest& right);

/// A whole subtree: the `index`th (from 0) of those with 2^level leaves. Once its leaves are there it never changes.
struct MerkleNode {
  unsigned level = 0;
  std::uint64_t index = 0;
  /// The first tree that has it whole has this many leaves.
  [[nodiscard]] std::uint64_t end() const noexcept { return (index + 1) << level; }
  friend bool operator==(const MerkleNode&, const MerkleNode&) = default;
};

/// The right edge of a growing tree: all that appending and the root need, at most 63 hashes.
class MerkleEdge {
 public:
  MerkleEdge() = default;
  /// `peaks`: as of `peaks()`. Corrupt when there are not as many as a tree of `size` leaves has.
  static Result<MerkleEdge> restore(std::uint64_t size, std::vector<Digest> peaks);

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// The hashes of the whole subtrees that the tree is made of, the largest first.
  [[nodiscard]] const std::vector<Digest>& peaks() const noexcept { return peaks_; }
  /// SHA-256 of nothing for the empty tree.
  [[nodiscard]] Digest root() const;

  struct Completed {
    MerkleNode node;
    Digest hash{};
  };
  /// Returns the subtrees that this leaf completes, the leaf itself first: what must be stored for proofs.
  std::vector<Completed> append(const Digest& leaf_hash);

 private:
  std::uint64_t size_ = 0;
  std::vector<Digest> peaks_;
};

/// Gives the stored hash of a whole subtree.
using MerkleReader = std::function<Result<Digest>(const MerkleNode& node)>;

/// The root of the first `size` leaves, from at most 63 stored hashes.
Result<Digest> merkle_root(std::uint64_t size, const MerkleReader& read);
/// That leaf `index` (from 0) is in the tree of `size` leaves; Invalid unless index < size. Reads at most twice as many
/// hashes as the tree has levels.
Result<std::vector<Digest>> prove_inclusion(std::uint64_t index, std::uint64_t size, const MerkleReader& read);
/// That the tree of `from` leaves is the beginning of the one of `to`; Invalid unless from <= to. Nothing has to be
/// proved, and the proof is empty, for from = 0 and from = to.
Result<std::vector<Digest>> prove_consistency(std::uint64_t from, std::uint64_t to, const MerkleReader& read);

/// RFC 9162 §2.1.3.2.
[[nodiscard]] bool is_included(std::uint64_t index, const Digest& leaf_hash, std::uint64_t size, const Digest& root,
                               std::span<const Digest> proof);
struct MerkleHead {
  std::uint64_t size = 0;
  Digest root{};
  friend bool operator==(const MerkleHead&, const MerkleHead&) = default;
};
/// RFC 9162 §2.1.4.2. An empty tree is the beginning of every tree; of equal sizes, the roots must be equal.
[[nodiscard]] bool is_consistent(const MerkleHead& from, const MerkleHead& to, std::span<const Digest> proof);

}  // namespace warder::crypto
