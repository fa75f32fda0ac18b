/// Where units stand so that searches find them.
extension WaitingPool {
    /// Puts a unit into the bucket where searches find it.
    mutating func shelve(_ head: Int32, kind: UInt32) {
        let number = bucketNumber(bucketKey(head, kind: kind))
        count(head, in: number)
        let bucket = buckets[Int(number)]
        if bucket.key.side == .players { kindTable[Int(kind)].members += Int32(size(head)) }
        if bucket.shelf >= 0 { index.insert(head, key: key(head), tag: bucket.tag, into: &shelves[Int(bucket.shelf)].tree) }
    }

    mutating func unshelve(_ head: Int32) {
        let number = entries[Int(head)].bucket
        let bucket = buckets[Int(number)]
        if bucket.key.side == .players { kindTable[Int(bucket.key.kind)].members -= Int32(size(head)) }
        if bucket.shelf >= 0 { index.remove(head, from: &shelves[Int(bucket.shelf)].tree) }
        entries[Int(head)].bucket = -1
        discount(from: number)
    }

    /// Into the bucket that its present stage and place ask for.
    mutating func reshelve(_ head: Int32) {
        let old = entries[Int(head)].bucket
        let (oldKey, shelf) = (buckets[Int(old)].key, buckets[Int(old)].shelf)
        let key = bucketKey(head, kind: oldKey.kind)
        guard key != oldKey else { return }
        let number = bucketNumber(key)
        if shelf >= 0, buckets[Int(number)].shelf == shelf {
            count(head, in: number)
            index.retag(head, buckets[Int(number)].tag, in: &shelves[Int(shelf)].tree)
            discount(from: old)
        } else {
            unshelve(head)
            shelve(head, kind: key.kind)
        }
    }

    private mutating func count(_ head: Int32, in number: Int32) {
        entries[Int(head)].bucket = number
        buckets[Int(number)].units += 1
    }

    private mutating func discount(from number: Int32) {
        buckets[Int(number)].units -= 1
        if buckets[Int(number)].units == 0 { dropBucket(number) }
    }

    @inline(__always)
    private func bucketKey(_ head: Int32, kind: UInt32) -> PoolBucket.Key {
        let entry = entries[Int(head)]
        let side: PoolBucket.Key.Side =
            entry.isBot ? .bots : entry.marks.contains(.reunites) ? .reunions : .players
        var zone = hasZones ? zones.zone(region: entry.region, pingMs: entry.pingMs) : 0
        var roles = entry.roles
        var shade = differentAttributes.isEmpty ? 0 : UInt8(different[Int(head) * differentAttributes.count] & 3)
        if entry.nextMember >= 0 {
            if hasZones { zone = LatencyZones.mixed }
            roles = RoleSeats.anyRole
            shade = 0
        }
        return PoolBucket.Key(
            kind: kind, side: side, level: side == .players ? UInt8(clamping: stage(head).level) : 0,
            zone: side == .players ? zone : 0, size: entry.size, shade: side == .players ? shade : 0,
            roles: side == .players ? roles : RoleSeats.anyRole)
    }

    private mutating func bucketNumber(_ key: PoolBucket.Key) -> Int32 {
        if let number = bucketNumbers[key] { return number }
        let number = bucketsFree.popLast() ?? Int32(buckets.count)
        var bucket = PoolBucket(key: key)
        if key.side != .reunions {
            let shelf = shelf(for: key)
            bucket.shelf = shelf
            bucket.tag = UInt8((~shelves[Int(shelf)].tags).trailingZeroBitCount)
            bucket.next = shelves[Int(shelf)].bucket
            shelves[Int(shelf)].bucket = number
            shelves[Int(shelf)].tags |= SkillIndex.bit(bucket.tag)
            shelves[Int(shelf)].version += 1
        }
        if key.side == .bots { botsBucket = number }
        if Int(number) == buckets.count { buckets.append(bucket) } else { buckets[Int(number)] = bucket }
        bucketNumbers[key] = number
        return number
    }

    private mutating func dropBucket(_ number: Int32) {
        let bucket = buckets[Int(number)]
        bucketNumbers[bucket.key] = nil
        bucketsFree.append(number)
        if number == botsBucket { botsBucket = -1 }
        guard bucket.shelf >= 0 else { return }
        let shelf = Int(bucket.shelf)
        shelves[shelf].tags &= ~SkillIndex.bit(bucket.tag)
        shelves[shelf].version += 1
        if shelves[shelf].bucket == number {
            shelves[shelf].bucket = bucket.next
        } else {
            var before = shelves[shelf].bucket
            while buckets[Int(before)].next != number { before = buckets[Int(before)].next }
            buckets[Int(before)].next = bucket.next
        }
        if shelves[shelf].bucket < 0 { dropShelf(bucket.shelf, bucket.key) }
    }

    /// A shelf with a tag to give. The overdue of a bucket have one to themselves, and so have the bots.
    private mutating func shelf(for key: PoolBucket.Key) -> Int32 {
        let ranks = hasSkill && key.side == .players && stages.levels[Int(key.level)].isOverdue
        if key.side == .players, !ranks {
            var shelf = kindTable[Int(key.kind)].shelf
            while shelf >= 0 {
                if !shelves[Int(shelf)].tree.ranks, shelves[Int(shelf)].tags != .max { return shelf }
                shelf = shelves[Int(shelf)].next
            }
        }
        let number = shelvesFree.popLast() ?? Int32(shelves.count)
        var shelf = PoolShelf(tree: SkillIndex.Tree(ranks: ranks))
        if key.side == .players {
            shelf.next = kindTable[Int(key.kind)].shelf
            kindTable[Int(key.kind)].shelf = number
        }
        if Int(number) == shelves.count { shelves.append(shelf) } else { shelves[Int(number)] = shelf }
        return number
    }

    private mutating func dropShelf(_ number: Int32, _ key: PoolBucket.Key) {
        shelvesFree.append(number)
        guard key.side == .players else { return }
        let next = shelves[Int(number)].next
        if kindTable[Int(key.kind)].shelf == number {
            kindTable[Int(key.kind)].shelf = next
            return
        }
        var before = kindTable[Int(key.kind)].shelf
        while shelves[Int(before)].next != number { before = shelves[Int(before)].next }
        shelves[Int(before)].next = next
    }
}
