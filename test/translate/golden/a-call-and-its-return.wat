(module
 (type $0 (func (param i32 i32 i32) (result i32)))
 (type $1 (func (param i32 i32 i64 i32 i32 i32 i32) (result i32)))
 (import "c" "m" (memory $mimport$0 0))
 (import "c" "f" (table $timport$0 4 funcref))
 (export "0" (func $0))
 (func $0 (param $0 i32) (param $1 i32) (param $2 i32) (result i32)
  (local $3 i32)
  (local $4 i32)
  (local $5 i32)
  (local $6 i32)
  (local $7 i32)
  (local $8 i32)
  (local $9 i32)
  (local $10 i32)
  (local $11 i32)
  (local $12 i32)
  (local $13 i32)
  (local $14 i32)
  (local $15 i32)
  (local $16 i32)
  (local $17 i32)
  (local $18 i32)
  (local $19 i32)
  (local $20 i32)
  (local $21 i32)
  (local $22 i32)
  (local $23 i32)
  (local $24 i32)
  (local $25 i32)
  (local $26 i32)
  (local $27 i32)
  (local $28 i32)
  (local $29 i32)
  (local $30 i32)
  (local $31 i32)
  (local $32 i32)
  (local $33 i32)
  (local $34 i32)
  (local $35 i32)
  (local $36 i32)
  (local $37 i32)
  (local $38 i32)
  (local $39 i32)
  (local $40 i32)
  (local $41 i32)
  (local $42 i64)
  (local.set $11
   (i32.load offset=4
    (local.get $0)
   )
  )
  (local.set $19
   (i32.load offset=36
    (local.get $0)
   )
  )
  (local.set $20
   (i32.load offset=40
    (local.get $0)
   )
  )
  (local.set $40
   (i32.load offset=120
    (local.get $0)
   )
  )
  (local.set $41
   (i32.load offset=124
    (local.get $0)
   )
  )
  (local.set $9
   (i32.load offset=136
    (local.get $0)
   )
  )
  (local.set $10
   (i32.load offset=140
    (local.get $0)
   )
  )
  (block $block2
   (loop
    (block $block
     (br_table $block
      (local.get $1)
     )
    )
    (loop $label
     (block $block1
      (block
       (local.set $11
        (i32.const -2147483616)
       )
       (br $block1)
      )
      (br $block2)
     )
     (local.set $2
      (i32.sub
       (local.get $2)
       (i32.const 1)
      )
     )
     (if
      (i32.le_s
       (local.get $2)
       (i32.const 0)
      )
      (then
       (local.set $3
        (i32.const -2147483628)
       )
       (local.set $4
        (i32.const 6)
       )
       (br $block2)
      )
     )
     (block $block3
      (block
       (local.set $20
        (i32.add
         (local.get $20)
         (local.get $19)
        )
       )
       (local.set $7
        (i32.and
         (local.get $11)
         (i32.const -2)
        )
       )
       (br $block3)
      )
      (br $block2)
     )
     (local.set $2
      (i32.sub
       (local.get $2)
       (i32.const 2)
      )
     )
     (if
      (i32.eq
       (local.get $7)
       (i32.const -2147483616)
      )
      (then
       (if
        (i32.le_s
         (local.get $2)
         (i32.const 0)
        )
        (then
         (local.set $3
          (i32.const -2147483616)
         )
         (local.set $4
          (i32.const 6)
         )
         (br $block2)
        )
       )
       (block $block4
        (block
         (local.set $19
          (i32.add
           (local.get $19)
           (i32.const -1)
          )
         )
         (br $block4)
        )
        (br $block2)
       )
       (local.set $2
        (i32.sub
         (local.get $2)
         (i32.const 2)
        )
       )
       (if
        (i32.ne
         (local.get $19)
         (i32.const 0)
        )
        (then
         (if
          (i32.le_s
           (local.get $2)
           (i32.const 0)
          )
          (then
           (local.set $3
            (i32.const -2147483620)
           )
           (local.set $4
            (i32.const 6)
           )
           (br $block2)
          )
         )
         (br $label)
        )
        (else
         (block $block6
          (block $block5
           (local.set $40
            (i32.const 1048576)
           )
           (local.set $40
            (i32.const 1048576)
           )
           (local.set $41
            (i32.const 20480)
           )
           (local.set $41
            (i32.const 21845)
           )
           (if
            (i32.ne
             (i32.load
              (local.tee $6
               (i32.add
                (i32.and
                 (i32.shr_u
                  (local.tee $5
                   (i32.const 1048576)
                  )
                  (i32.const 9)
                 )
                 (i32.const 2040)
                )
                (local.get $10)
               )
              )
             )
             (i32.and
              (local.get $5)
              (i32.const -4093)
             )
            )
            (then
             (br_if $block5
              (local.tee $4
               (call_indirect (type $1)
                (i32.const -2147483592)
                (i32.sub
                 (local.get $2)
                 (i32.const 4)
                )
                (i64.const 0)
                (local.get $0)
                (local.get $5)
                (i32.const 21845)
                (i32.const 68)
                (i32.const 1)
               )
              )
             )
            )
            (else
             (i32.store
              (i32.add
               (local.get $5)
               (i32.load offset=4
                (local.get $6)
               )
              )
              (i32.const 21845)
             )
            )
           )
           (br $block6)
          )
          (br $block2)
         )
         (local.set $2
          (i32.sub
           (local.get $2)
           (i32.const 5)
          )
         )
         (loop $label1
          (block $block7
           (block
            (br $block7)
           )
           (br $block2)
          )
          (local.set $2
           (i32.sub
            (local.get $2)
            (i32.const 1)
           )
          )
          (if
           (i32.le_s
            (local.get $2)
            (i32.const 0)
           )
           (then
            (local.set $3
             (i32.const -2147483588)
            )
            (local.set $4
             (i32.const 6)
            )
            (br $block2)
           )
          )
          (br $label1)
         )
        )
       )
       (unreachable)
      )
     )
     (local.set $3
      (local.get $7)
     )
     (local.set $4
      (i32.const 6)
     )
     (br $block2)
    )
   )
   (unreachable)
  )
  (i32.store offset=4
   (local.get $0)
   (local.get $11)
  )
  (i32.store offset=36
   (local.get $0)
   (local.get $19)
  )
  (i32.store offset=40
   (local.get $0)
   (local.get $20)
  )
  (i32.store offset=120
   (local.get $0)
   (local.get $40)
  )
  (i32.store offset=124
   (local.get $0)
   (local.get $41)
  )
  (if
   (i32.ge_u
    (local.get $4)
    (i32.const 6)
   )
   (then
    (i32.store offset=184
     (local.get $0)
     (local.get $3)
    )
    (i32.store offset=584
     (local.get $0)
     (local.get $2)
    )
   )
  )
  (local.get $4)
 )
)
