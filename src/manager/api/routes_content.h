#pragma once

#include "manager/api/router.h"
#include "manager/content/content.h"

namespace warder::manager {

/// listContent, importContent, activateContent.
void add_content_routes(Routes& routes, Content& content);

}  // namespace warder::manager
