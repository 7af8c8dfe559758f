package cache

// ToListWatcherWithWatchListSemantics is what the Gateway API's informers ask of a newer client: whether lists come as watches,
// which no reflector of this one asks for.
func ToListWatcherWithWatchListSemantics(lw *ListWatch, _ any) ListerWatcher { return lw }
