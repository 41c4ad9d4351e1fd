/** Nothing: the least that a worker can be. */
