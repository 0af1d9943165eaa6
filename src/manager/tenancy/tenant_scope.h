// The right to touch one tenant's data, as a value. Every store function takes one; only identity makes them, from an
// authenticated request, an agent's certificate or a job, so that forgetting the tenant does not compile. It also says
// which part of the fleet the request may touch: the stores look at it themselves, so that a route cannot forget it.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "manager/tenancy/reach.h"
#include "model/ids.h"

namespace warder::manager {

class ScopeMaker;

/// What a request may touch and what the one who makes it could give to others.
struct Access {
  Grants grants;  // all of the one who acts
  Reach reach;    // of the right that this operation needs
  std::string refusal;
};

class TenantScope {
 public:
  [[nodiscard]] const TenantId& tenant() const noexcept { return tenant_; }
  /// Who acts: "user:<id>", "agent:<id>", "job:<name>"; written to audit entries.
  [[nodiscard]] const std::string& actor() const noexcept { return actor_; }

  /// Whether the whole tenant may be touched: for the manager itself, and for who has the right without a scope.
  [[nodiscard]] bool is_whole() const noexcept { return access_ == nullptr || access_->reach.everything; }
  /// Only when it is not the whole.
  [[nodiscard]] const Reach& reach() const noexcept { return access_->reach; }
  /// The rights of the one who acts; nullptr: the manager itself, which may do everything.
  [[nodiscard]] const Grants* grants() const noexcept { return access_ == nullptr ? nullptr : &access_->grants; }

  /// NotFound with `message`, as if what lies outside the reach were not there. The audit log gets the truth.
  [[nodiscard]] tl::unexpected<Error> hide(std::string message) const {
    note(message + ", for it is outside of the assigned scope");
    return fail(ErrorCode::NotFound, std::move(message));
  }
  /// Forbidden, with the same words for the caller and the audit log.
  [[nodiscard]] tl::unexpected<Error> forbid(std::string message) const {
    note(message);
    return fail(ErrorCode::Forbidden, std::move(message));
  }
  /// Why something was refused; empty: nothing was. Whoever began the request writes it into the audit log.
  [[nodiscard]] std::string refusal() const { return access_ == nullptr ? std::string() : access_->refusal; }

 private:
  friend class ScopeMaker;
  TenantScope(TenantId tenant, std::string actor, std::shared_ptr<Access> access)
      : tenant_(tenant), actor_(std::move(actor)), access_(std::move(access)) {}
  void note(const std::string& reason) const {
    if (access_ != nullptr) access_->refusal = reason;
  }

  TenantId tenant_;
  std::string actor_;
  std::shared_ptr<Access> access_;  // null: the manager itself
};

}  // namespace warder::manager
