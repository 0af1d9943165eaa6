// The daily review.
#pragma once

#include "manager/api/router.h"
#include "manager/review/reviews.h"

namespace warder::manager {

void add_review_routes(Routes& routes, Reviews& reviews);

}  // namespace warder::manager
