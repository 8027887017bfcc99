@NullMarked
package io.berth.jobs.ledger;

import org.jspecify.annotations.NullMarked;
